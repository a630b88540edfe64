"""Refusals: whether a store does not know who asks, which credentials mend, or knows who has no rights."""

from __future__ import annotations

import errno

from xai_cam.files.stores.answers import chain_of, codes_of, name_of, status_of
from xai_cam.files.stores.libraries import where_credentials_are

UNKNOWN = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
    | {"InvalidSecurity", "InvalidClientTokenId", "UnrecognizedClientException", "ExpiredTokenException"}
    | {"AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"}
)
"""What S3 and Azure say where they do not take credentials."""

KNOWN = frozenset(
    {"AccessDenied", "AllAccessDisabled", "AccountProblem", "AuthorizationFailure"}
    | {"AuthorizationPermissionMismatch", "AuthorizationProtocolMismatch", "AuthorizationServiceMismatch"}
    | {"AuthorizationResourceTypeMismatch", "AuthorizationSourceIPMismatch", "InsufficientAccountPermissions"}
)
"""What they say to somebody without rights."""

NAMES = (
    *("credential", "unauthorized", "authentication", "profilenotfound"),
    *("refresherror", "ssotoken", "tokenretrieval"),
)
"""What is in the names of errors of libraries that have no credentials, or whose store does not take them."""

NO_RIGHTS = "the store refuses it: there are no rights to it"
UNTOLD = f"{NO_RIGHTS}, or no credentials"
"""An answer without words, as to the question whether there is an object, may mean either."""

NO_CREDENTIALS = "the store does not take the credentials, or there are none; {}"

CHECK_THEM = "Check them there, and run the same command again."
"""Advice behind `NO_CREDENTIALS`."""


class CredentialsError(PermissionError):
    """The store does not take the credentials, or there are none."""


def refusal(error: BaseException, url: str) -> PermissionError | None:
    """The error to raise for one that is a refusal; None for any other."""
    status, codes = status_of(error), codes_of(error)
    nobody = any(part in name_of(one) for one in chain_of(error) for part in NAMES)
    if codes & UNKNOWN or ((nobody or status == 401) and not codes & KNOWN):
        where = where_credentials_are(url.partition(":")[0])
        return CredentialsError(errno.EACCES, NO_CREDENTIALS.format(where), url)
    forbidden = str(error).startswith("Forbidden:") or "forbidden" in name_of(error)  # as gcsfs says for 403
    if not (forbidden or nobody or status in (401, 403) or isinstance(error, PermissionError)):
        return None
    untold = status == 403 and not codes & KNOWN
    return PermissionError(errno.EACCES, UNTOLD if untold else NO_RIGHTS, url)
