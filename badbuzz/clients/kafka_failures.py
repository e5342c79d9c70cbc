"""What each error of kafka-python means for the caller: wait, give up, leave the group, or refuse one record.

:data:`FAILURES` names every class of ``kafka.errors``, and a test compares it with the library. Its ``retriable`` is not enough:
it is false for broken sequences of an idempotent producer, which a new producer repairs, and for errors that only say that the
group continued without us. The meaning of the codes is https://kafka.apache.org/protocol#protocol_error_codes.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from kafka import errors
from kafka.consumer.fetcher import RecordTooLargeError
from kafka.coordinator.base import UnjoinedGroupException

from badbuzz.errors import DataRefused, Misconfigured, Retry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kafka.errors import KafkaError

    from badbuzz.errors import GiveUp
    from badbuzz.settings import KafkaSettings


class Failure(Enum):
    """What an error means."""

    PASSING = "the same call may succeed later, or with a new client"
    LASTING = "only a change of settings, rights, data or versions helps"
    RECORD = "the broker refuses this record; others may be written"
    MEMBERSHIP = "the group continued without us; we must join again"


_PASSING: Final = (
    # The network, and brokers that start, stop, move or are overloaded.
    errors.RetriableError,
    errors.InvalidMetadataError,
    errors.Cancelled,
    errors.KafkaConnectionError,
    errors.KafkaTimeoutError,
    errors.KafkaProtocolError,
    errors.CorrelationIdError,
    errors.InvalidReceiveError,
    errors.MetadataEmptyBrokerList,
    errors.NodeNotReadyError,
    errors.UnknownBrokerIdError,
    errors.StaleMetadata,
    errors.TooManyInFlightRequests,
    errors.QuotaViolationError,
    errors.ThrottlingQuotaExceededError,
    errors.BrokerResponseError,
    errors.UnknownError,
    errors.UnknownTopicOrPartitionError,
    errors.UnknownTopicIdError,
    errors.InconsistentTopicIdError,
    errors.LeaderNotAvailableError,
    errors.NotLeaderForPartitionError,
    errors.RequestTimedOutError,
    errors.BrokerNotAvailableError,
    errors.ReplicaNotAvailableError,
    errors.StaleControllerEpochError,
    errors.NetworkExceptionError,
    errors.CoordinatorLoadInProgressError,
    errors.CoordinatorNotAvailableError,
    errors.NotCoordinatorError,
    errors.NotEnoughReplicasError,
    errors.NotEnoughReplicasAfterAppendError,
    errors.NotControllerError,
    errors.OperationNotAttemptedError,
    errors.KafkaStorageError,
    errors.LogDirNotFoundError,
    errors.ReassignmentInProgressError,
    errors.FetchSessionIdNotFoundError,
    errors.InvalidFetchSessionEpochError,
    errors.FetchSessionTopicIdError,
    errors.ListenerNotFoundError,
    errors.FencedLeaderEpochError,
    errors.UnknownLeaderEpochError,
    errors.StaleBrokerEpochError,
    errors.OffsetNotAvailableError,
    errors.PreferredLeaderNotAvailableError,
    errors.EligibleLeadersNotAvailableError,
    errors.ElectionNotNeededError,
    errors.UnstableOffsetCommitError,
    errors.IneligibleReplicaError,
    errors.NewLeaderElectedError,
    errors.OffsetMovedToTieredStorageError,
    errors.BrokerIdNotRegisteredError,
    errors.DuplicateBrokerRegistrationError,
    errors.PrincipalDeserializationFailureError,
    errors.UnknownControllerIdError,
    errors.ShareSessionNotFoundError,
    errors.InvalidShareSessionEpochError,
    errors.FencedStateEpochError,
    # Damaged on the way to or from the broker. A reader counts how often one batch is damaged: see worker.source.fetcher.
    errors.CorruptRecordError,
    # The source chooses another offset.
    errors.OffsetOutOfRangeError,
    # Broken state of an idempotent producer: a new one begins with new sequences.
    errors.OutOfOrderSequenceNumberError,
    errors.DuplicateSequenceNumberError,
    errors.InvalidProducerEpochError,
    errors.InvalidProducerIdMappingError,
    errors.UnknownProducerIdError,
    errors.ProducerFencedError,
    errors.ConcurrentTransactionsError,
    errors.TransactionCoordinatorFencedError,
)

_LASTING: Final = (
    # Rights and credentials.
    errors.AuthorizationError,
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
    errors.TransactionalIdAuthorizationFailedError,
    errors.DelegationTokenAuthorizationFailedError,
    errors.SaslAuthenticationFailedError,
    errors.UnsupportedSaslMechanismError,
    errors.IllegalSaslStateError,
    errors.SecurityDisabledError,
    errors.DelegationTokenAuthDisabledError,
    errors.DelegationTokenNotFoundError,
    errors.DelegationTokenOwnerMismatchError,
    errors.DelegationTokenRequestNotAllowedError,
    errors.DelegationTokenExpiredError,
    errors.InvalidPrincipalTypeError,
    errors.UnacceptableCredentialError,
    # Settings of ours, of the topic or of the cluster.
    errors.KafkaConfigurationError,
    errors.InvalidTopicError,
    errors.InvalidRequiredAcksError,
    errors.InvalidGroupIdError,
    errors.InvalidSessionTimeoutError,
    errors.InconsistentGroupProtocolError,
    errors.UnsupportedAssignorError,
    errors.GroupMaxSizeReachedError,
    errors.FencedInstanceIdError,
    errors.UnreleasedInstanceIdError,
    errors.OffsetMetadataTooLargeError,
    errors.InvalidCommitOffsetSizeError,
    errors.InvalidPartitionsError,
    errors.InvalidReplicationFactorError,
    errors.InvalidReplicationAssignmentError,
    errors.InvalidConfigurationError,
    errors.PolicyViolationError,
    errors.InvalidTransactionTimeoutError,
    errors.InconsistentClusterIdError,
    errors.MismatchedEndpointTypeError,
    errors.UnsupportedEndpointTypeError,
    # Versions.
    errors.UnsupportedVersionError,
    errors.IncompatibleBrokerVersion,
    errors.UnrecognizedBrokerVersion,
    errors.UnsupportedForMessageFormatError,
    errors.UnsupportedCodecError,
    errors.UnsupportedCompressionTypeError,
    # Data.
    errors.LogTruncationError,
    errors.NoOffsetForPartitionError,
    # Wrong use of the library, or answers to requests that we never send.
    errors.KafkaError,
    errors.IllegalArgumentError,
    errors.IllegalStateError,
    errors.NoError,
    errors.InvalidFetchRequestError,
    errors.InvalidRequestError,
    errors.TopicAlreadyExistsError,
    errors.TopicDeletionDisabledError,
    errors.NonEmptyGroupError,
    errors.GroupSubscribedToTopicError,
    errors.NoReassignmentInProgressError,
    errors.ResourceNotFoundError,
    errors.DuplicateResourceError,
    errors.InconsistentVoterSetError,
    errors.InvalidUpdateVersionError,
    errors.FeatureUpdateFailedError,
    errors.SnapshotNotFoundError,
    errors.PositionOutOfRangeError,
    errors.InvalidTxnStateError,
    errors.TransactionAbortedError,
    errors.TransactionAbortableError,
    errors.TransactionalIdNotFoundError,
    errors.UnknownSubscriptionIdError,
    errors.TelemetryTooLargeError,
    errors.InvalidRegistrationError,
    errors.InvalidRecordStateError,
    errors.InvalidVoterKeyError,
    errors.DuplicateVoterError,
    errors.VoterNotFoundError,
)

_RECORD: Final = (
    errors.MessageSizeTooLargeError,
    errors.RecordListTooLargeError,
    errors.InvalidRecordError,
    errors.InvalidTimestampError,
    RecordTooLargeError,
)

_MEMBERSHIP: Final = (
    errors.CommitFailedError,
    errors.IllegalGenerationError,
    errors.UnknownMemberIdError,
    errors.RebalanceInProgressError,
    errors.MemberIdRequiredError,
    errors.GroupIdNotFoundError,
    errors.FencedMemberEpochError,
    errors.StaleMemberEpochError,
    UnjoinedGroupException,
)

FAILURES: Final[Mapping[type[KafkaError], Failure]] = {
    **dict.fromkeys(_PASSING, Failure.PASSING),
    **dict.fromkeys(_LASTING, Failure.LASTING),
    **dict.fromkeys(_RECORD, Failure.RECORD),
    **dict.fromkeys(_MEMBERSHIP, Failure.MEMBERSHIP),
}
"""The meaning of each class."""

_REFUSALS: Final = (errors.AuthorizationError, errors.SaslAuthenticationFailedError)
"""The broker answers and refuses: credentials or ACLs are wrong."""
_WRAPPED_REFUSAL: Final = errors.ClusterAuthorizationFailedError.__name__
"""A broker's answer to an idempotent producer without write access to any topic. kafka-python puts it into the text of a plain
``KafkaError``."""

_REMEDIES: Final[Mapping[type[KafkaError], str]] = {
    errors.InvalidSessionTimeoutError: "set BADBUZZ_KAFKA__SESSION_TIMEOUT_MS within the broker's "
    "group.min.session.timeout.ms and group.max.session.timeout.ms",
    errors.InconsistentGroupProtocolError: "another application is in this group; set BADBUZZ_KAFKA__GROUP to a name of its own",
    errors.UnsupportedAssignorError: "another application is in this group; set BADBUZZ_KAFKA__GROUP to a name of its own",
    errors.GroupMaxSizeReachedError: "run fewer workers, or raise the broker's group.max.size",
    errors.InvalidReplicationFactorError: "too few brokers are running for the cluster's default.replication.factor; "
    "start them, or create the topic yourself",
    errors.PolicyViolationError: "the cluster's policy forbids it; create the topic yourself, as the policy wants it",
    errors.UnsupportedVersionError: "this broker is too old; tested are Kafka 4 brokers",
    errors.UnrecognizedBrokerVersion: "this broker is too old; tested are Kafka 4 brokers",
    errors.UnsupportedSaslMechanismError: "set BADBUZZ_KAFKA__SASL_MECHANISM to one that the broker offers",
    errors.MessageSizeTooLargeError: "raise the topic's max.message.bytes",
    errors.RecordListTooLargeError: "raise the topic's segment.bytes",
    errors.InvalidTimestampError: "set the clock of this machine, or the topic's message.timestamp.type to LogAppendTime",
    errors.InvalidRecordError: "check the topic's cleanup.policy (a compacted topic takes no record without a key), and "
    "what validates its records",
    errors.InvalidTopicError: "choose another topic",
}


def classify_failure(error: KafkaError) -> Failure:
    """Return what an error means. Codes that this version of the library does not know are passing, like ``UnknownError``."""
    return next(FAILURES[known] for known in type(error).__mro__ if known in FAILURES)


def may_pass(error: KafkaError) -> bool:
    """Return whether a retry may help."""
    return classify_failure(error) in (Failure.PASSING, Failure.MEMBERSHIP)


def explain_failure(kafka: KafkaSettings, error: KafkaError, action: str) -> Retry | GiveUp:
    """Return the error to raise when an action failed.

    :param action: what failed, such as ``no offsets from``; the address follows.
    """
    if may_pass(error):
        return Retry("kafka", f"{action} {kafka.bootstrap}: {error!r}")
    return explain_lasting(kafka, error)


def explain_lasting(kafka: KafkaSettings, error: KafkaError, action: str = "") -> GiveUp:
    """Return the error to raise for an error that waiting cannot cure.

    :param action: what failed.
    """
    if _is_refusal(error):
        return Misconfigured(
            f"kafka at {kafka.bootstrap} refuses us: {error}; check BADBUZZ_KAFKA__SASL_* and the broker's ACLs"
        )
    problem = f"kafka at {kafka.bootstrap}: {action + ': ' if action else ''}{error}"
    if isinstance(error, errors.LogTruncationError):
        return DataRefused(f"{problem}; set BADBUZZ_SCORED__URL to a new folder")
    remedy = next((_REMEDIES[known] for known in type(error).__mro__ if known in _REMEDIES), None)
    return Misconfigured(f"{problem}; {remedy or 'waiting or a restart does not help'}")


def explain_refused_write(
    kafka: KafkaSettings, topic: str, error: KafkaError, records: str = ""
) -> GiveUp | None:
    """Return the error to raise for a write that the broker refuses; None if a retry may help.

    :param records: what was written, for the message.
    """
    if _is_refusal(error):
        return Misconfigured(
            f"kafka: not allowed to write {records + ' ' if records else ''}to {topic!r}: {error}; grant it"
        )
    if may_pass(error):
        return None
    refused = "a record" if classify_failure(error) is Failure.RECORD else records or "records"
    return explain_lasting(kafka, error, f"{topic!r} refuses {refused}")


def _is_refusal(error: KafkaError) -> bool:
    return isinstance(error, _REFUSALS) or _WRAPPED_REFUSAL in str(error)
