"""From records to scored rows: decode, clean, score, find brands. Bad records fall out; the others do not notice."""
