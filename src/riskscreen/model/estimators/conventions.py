"""What scikit-learn asks of a classifier, without loading scikit-learn to score.

With scipy.stats behind it, it would be a good part of every start (python -X importtime
-c "import sklearn.base"), and only fits need it.
Its own checks (tests/model/estimators/test_scikit_learn_conventions.py) prove that a
class of ours is an estimator as one of its own is.
"""

import reprlib
from typing import Any, Self


class ScikitLearnClassifier:
    """A binary classifier by scikit-learn's methods, loaded when first called."""

    @classmethod
    def _get_param_names(cls) -> list[str]:
        """List the parameters of the constructor, as scikit-learn looks for them."""
        from sklearn.base import BaseEstimator  # noqa: PLC0415

        names: list[str] = BaseEstimator._get_param_names.__func__(cls)
        return names

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """Return the constructor's parameters by name; see scikit-learn."""
        from sklearn.base import BaseEstimator  # noqa: PLC0415

        found: dict[str, Any] = BaseEstimator.get_params(self, deep)
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name and return the estimator; see scikit-learn."""
        from sklearn.base import BaseEstimator  # noqa: PLC0415

        BaseEstimator.set_params(self, **params)
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy on X and *y*; see scikit-learn."""
        from sklearn.base import ClassifierMixin  # noqa: PLC0415

        return float(ClassifierMixin.score(self, X, y, sample_weight))

    def __sklearn_tags__(self) -> Any:
        """Say that X may hold NaN and that there are two classes."""
        from sklearn.utils import (  # noqa: PLC0415
            ClassifierTags,
            InputTags,
            Tags,
            TargetTags,
        )

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(multi_class=False),
            input_tags=InputTags(allow_nan=True),
        )

    def __repr__(self) -> str:
        """Return the class and its parameters, long ones abridged."""
        given = self.get_params(deep=False)
        own = [f"{name}={reprlib.repr(value)}" for name, value in given.items()]
        return f"{type(self).__name__}({', '.join(own)})"
