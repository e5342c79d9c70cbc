"""Converts the plural of an English noun to its singular, by a few endings and tables.

The study lemmatised every word as a noun, so ``behaving`` stays. This module does the same without a dictionary of nouns. It
removes a regular ``-s`` from any word of four letters or more, unless the word ends like a singular (``-ss``, ``-us``,
``-is``) or is listed in a table. So verbs lose their ``-s`` as well: ``hates``, which a dictionary lists as a noun, and
``seems``, which it does not.
"""

from __future__ import annotations

from typing import Final

_CHANGED_VOWELS: Final = """
    men:man women:woman gentlemen:gentleman policemen:policeman policewomen:policewoman
    firemen:fireman salesmen:salesman businessmen:businessman fishermen:fisherman snowmen:snowman
    postmen:postman freshmen:freshman chairmen:chairman spokesmen:spokesman congressmen:congressman
    cavemen:caveman watchmen:watchman workmen:workman gunmen:gunman weathermen:weatherman
    countrymen:countryman sportsmen:sportsman servicemen:serviceman madmen:madman milkmen:milkman
    superwomen:superwoman feet:foot teeth:tooth geese:goose mice:mouse lice:louse dormice:dormouse
"""
_PLURALS_WITHOUT_S: Final = """
    children:child grandchildren:grandchild stepchildren:stepchild godchildren:godchild
    schoolchildren:schoolchild oxen:ox pence:penny
"""
_F_TO_V: Final = """
    wives:wife housewives:housewife midwives:midwife lives:life knives:knife wolves:wolf
    werewolves:werewolf leaves:leaf halves:half calves:calf shelves:shelf bookshelves:bookshelf
    elves:elf selves:self thieves:thief loaves:loaf scarves:scarf hooves:hoof wharves:wharf
    dwarves:dwarf sheaves:sheaf
"""
_GREEK_AND_LATIN: Final = """
    crises:crisis analyses:analysis theses:thesis hypotheses:hypothesis parentheses:parenthesis
    diagnoses:diagnosis prognoses:prognosis neuroses:neurosis psychoses:psychosis
    syntheses:synthesis emphases:emphasis oases:oasis criteria:criterion phenomena:phenomenon
    alumni:alumnus cacti:cactus fungi:fungus nuclei:nucleus stimuli:stimulus syllabi:syllabus
    radii:radius bacteria:bacterium larvae:larva vertebrae:vertebra algae:alga formulae:formula
    antennae:antenna appendices:appendix matrices:matrix vertices:vertex indices:index
"""
_SINGULAR_IN_S_OR_Z: Final = """
    buses:bus busses:bus minibuses:minibus viruses:virus bonuses:bonus campuses:campus
    statuses:status geniuses:genius circuses:circus choruses:chorus sinuses:sinus cactuses:cactus
    walruses:walrus octopuses:octopus hippopotamuses:hippopotamus platypuses:platypus
    abacuses:abacus censuses:census foetuses:foetus fetuses:fetus uteruses:uterus penises:penis
    calluses:callus focuses:focus pluses:plus minuses:minus gases:gas gasses:gas biases:bias
    canvases:canvas atlases:atlas aliases:alias christmases:christmas irises:iris lenses:lens
    yeses:yes yesses:yes quizzes:quiz whizzes:whiz
"""
_PLURAL_IN_US_OR_IS: Final = """
    menus:menu gurus:guru emus:emu taxis:taxi skis:ski bikinis:bikini martinis:martini
    paninis:panini khakis:khaki safaris:safari kiwis:kiwi emojis:emoji alibis:alibi yetis:yeti
    rabbis:rabbi delis:deli minis:mini semis:semi tsunamis:tsunami zucchinis:zucchini
"""
_SINGULAR_IN_E: Final = """
    aches:ache headaches:headache toothaches:toothache backaches:backache stomachaches:stomachache
    heartaches:heartache bellyaches:bellyache earaches:earache caches:cache moustaches:moustache
    mustaches:mustache avalanches:avalanche niches:niche quiches:quiche creches:creche
    cliches:cliche psyches:psyche brioches:brioche douches:douche porsches:porsche axes:axe
    shoes:shoe horseshoes:horseshoe toes:toe tiptoes:tiptoe foes:foe hoes:hoe woes:woe canoes:canoe
    oboes:oboe aloes:aloe
"""
_SHORT_AND_OTHER: Final = "ads:ad cds:cd tvs:tv hrs:hr pcs:pc djs:dj ids:id monies:money"

# Their singular ends in -ie, not -y.
_SINGULAR_IN_IE: Final = """
    tie lie pie die vie movie cookie zombie selfie brownie hoodie calorie rookie genie goalie hippie
    junkie pixie prairie smoothie foodie newbie freebie indie bookie budgie birdie collie caddie
    cutie sweetie tweetie homie townie roomie walkie talkie veggie doggie kiddie auntie hottie
    aussie barbie bestie cabbie faerie groupie hankie laddie lassie menagerie necktie nightie onesie
    quickie reverie sortie techie tootsie undie valkyrie yuppie goodie oldie weenie meanie beanie
    softie girlie mountie munchie trekkie twinkie
"""

_ADVERBS_AND_INTERJECTIONS: Final = """
    always sometimes sumtimes perhaps besides afterwards backwards forwards upwards
    downwards inwards outwards onwards sideways anyways nowadays indoors outdoors upstairs
    downstairs overseas whereas methinks whatevs bonkers alas thanks congrats congratulations cheers
    kudos oops whoops woops ooops yikes gracias buenos buenas adios sans
"""
# Contractions without their apostrophe.
_WITHOUT_APOSTROPHE: Final = "thats whats wats thts dats twas lets theres wheres heres whos hows shes bcos"
_SINGULAR_NOUNS: Final = """
    news series species clothes scissors physics mathematics maths politics economics athletics
    gymnastics ethics genetics electronics statistics diabetes herpes rabies measles mumps chaos
    cosmos ethos pathos asbestos thermos canvas atlas bias alias christmas xmas lens headquarters
    crossroads barracks gallows innards goosebumps pilates mercedes aries summons corps tues thurs
"""
_NAMES: Final = """
    james charles douglas thomas jonas lucas nicholas carlos jones hughes williams adams evans
    rogers collins reynolds torres moses judas hermes texas vegas dallas kansas arkansas orleans
    angeles athens wales leeds bahamas honduras brussels netherlands philippines hollyoaks starbucks
    mcdonalds lakers
"""

IRREGULAR: Final = {
    **dict(
        pair.split(":")
        for pairs in (
            _CHANGED_VOWELS,
            _PLURALS_WITHOUT_S,
            _F_TO_V,
            _GREEK_AND_LATIN,
            _SINGULAR_IN_S_OR_Z,
            _PLURAL_IN_US_OR_IS,
            _SINGULAR_IN_E,
            _SHORT_AND_OTHER,
        )
        for pair in pairs.split()
    ),
    **{f"{singular}s": singular for singular in _SINGULAR_IN_IE.split()},
}
# Words in -s that are not plurals, or that mean something else without it.
INVARIABLE: Final = frozenset(
    word
    for words in (_ADVERBS_AND_INTERJECTIONS, _WITHOUT_APOSTROPHE, _SINGULAR_NOUNS, _NAMES)
    for word in words.split()
)
# A word with one of these endings is a singular.
SINGULAR_ENDINGS: Final = ("ss", "us", "is")
# Ending of the plural, ending of the singular. The first match applies.
PLURAL_ENDINGS: Final = (
    ("ches", "ch"),
    ("shes", "sh"),
    ("sses", "ss"),
    ("xes", "x"),
    ("zzes", "zz"),
    ("oes", "o"),
    ("ies", "y"),
    ("s", ""),
)
SHORTEST_PLURAL: Final = 4


def to_singular(word: str) -> str:
    """Return the singular of ``word`` if it looks like a plural, else ``word``."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) < SHORTEST_PLURAL or word.endswith(SINGULAR_ENDINGS) or word in INVARIABLE:
        return word
    for ending, replacement in PLURAL_ENDINGS:
        if word.endswith(ending):
            stem = word.removesuffix(ending) + replacement
            return IRREGULAR.get(stem, stem)
    return word
