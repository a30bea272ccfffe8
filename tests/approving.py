"""A model's folder that opens: the approval in it is by hand, and nobody judged."""

import json

from riskscreen.model.model_folder import APPROVAL_FILE, save_model


def save_approved(model, folder):
    """Save *model* in *folder* with somebody's approval in it; return the folder."""
    save_model(model, folder)
    approval = {
        "model_version": model.version,
        "model_sha256": model.digest,
        "evaluation_sha256": "0" * 64,
        "approved_by": "the tests",
        "approved_on": "2024-12-30",
        "pilot": False,
        "note": "made up",
    }
    (folder / APPROVAL_FILE).write_text(json.dumps(approval), encoding="utf-8")
    return folder
