"""Whether a version's files are those that were logged: its tags hold their digests."""

import hashlib

from riskscreen.errors import ModelError, UntrustedApprovalError
from riskscreen.model.model_folder import EVALUATION_FILE
from riskscreen.model.risk_model import RiskModel
from riskscreen.registry.records import EVALUATION_DIGEST
from riskscreen.registry.versions import Version

TRAIN = "Train again with riskscreen train."


def check_model(version: Version, model: RiskModel, tag: str) -> RiskModel:
    """Return *model* if it is the one whose digest the *tag* of *version* holds.

    Raises UntrustedApprovalError where it is another target's, for nobody approved it
    as this one's, and ModelError where it is not the model that was logged.
    """
    if model.spec.name != version.target:
        raise UntrustedApprovalError(
            f"{version.words}: the registry holds a model of {model.spec.name} there, "
            f"so it may not score as {version.target}. {TRAIN}"
        )
    if model.digest != version.tags.get(tag):
        raise ModelError(
            f"{version.words}: the model at the registry is not the one that was "
            "logged (its digest differs from the version's tag, or there is none). "
            f"{TRAIN}"
        )
    return model


def read_evaluation(version: Version, content: bytes) -> str:
    """Return the text of an evaluation's *content* if it was logged with *version*.

    Raises ModelError where it is not the file whose digest was kept then.
    """
    if hashlib.sha256(content).hexdigest() != version.tags.get(EVALUATION_DIGEST):
        raise ModelError(
            f"{version.words}: {EVALUATION_FILE} at the registry is not the file "
            "that was logged with the model (its digest differs from the "
            f"version's tag, or there is none). {TRAIN}"
        )
    return content.decode("utf-8", errors="replace")
