"""What a pipeline measures is what plain scikit-learn measures, for every model that there is."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from sklearn import metrics as sk
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from cards._learning.estimators import CLASSIFIERS, REGRESSORS
from cards.data_load import DataLoad
from cards.data_split import DataSplit
from cards.evaluate import Evaluate
from cards.model_define import ModelDefine
from cards.train import Train
from tensorrag import Metrics, Table

FEW = {"random_forest": {"n_estimators": 10}, "gradient_boosting": {"max_iter": 10}}
SEED: dict[str, Any] = {"random_state": 42}

OF_NUMBERS: dict[str, Any] = {
    "linear": make_pipeline(StandardScaler(), LinearRegression()),
    "ridge": make_pipeline(StandardScaler(), Ridge()),
    "lasso": make_pipeline(StandardScaler(), Lasso()),
    "elastic_net": make_pipeline(StandardScaler(), ElasticNet()),
    "polynomial": make_pipeline(
        StandardScaler(), PolynomialFeatures(include_bias=False), LinearRegression()
    ),
    "decision_tree": DecisionTreeRegressor(**SEED),
    "random_forest": RandomForestRegressor(n_estimators=10, **SEED),
    "gradient_boosting": HistGradientBoostingRegressor(max_iter=10, early_stopping=False, **SEED),
    "svm": make_pipeline(StandardScaler(), SVR()),
    "k_nearest_neighbors": make_pipeline(StandardScaler(), KNeighborsRegressor()),
}
OF_CLASSES: dict[str, Any] = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "decision_tree": DecisionTreeClassifier(**SEED),
    "random_forest": RandomForestClassifier(n_estimators=10, **SEED),
    "gradient_boosting": HistGradientBoostingClassifier(max_iter=10, early_stopping=False, **SEED),
    "svm": make_pipeline(StandardScaler(), SVC()),
    "naive_bayes": GaussianNB(),
    "k_nearest_neighbors": make_pipeline(StandardScaler(), KNeighborsClassifier()),
}


pytestmark = pytest.mark.usefixtures("one_thread")


@cache
def parts(sample: str) -> tuple[Table, Table]:
    split = DataSplit().run(DataLoad.model_validate({"sample_name": sample}).run().dataset)
    return split.train_dataset, split.test_dataset


def measured(sample: str, target: str, model_type: str) -> Metrics:
    train, test = parts(sample)
    settings = {"model_type": model_type} | FEW.get(model_type, {})
    spec = ModelDefine.model_validate(settings).run().model_spec
    model = Train(target_column=target).run(train, None, spec).trained_model
    return Evaluate().run(test, model).metrics


def by_hand(sample: str, target: str, plain: Any) -> tuple[Any, Any, Any]:
    """Return the fitted model, the test rows and their truth."""
    train, test = (part.to_pandas() for part in parts(sample))
    x, test_x = (part.drop(columns=target).to_numpy(dtype=float) for part in (train, test))
    return plain.fit(x, train[target]), test_x, test[target]


def test_every_model_is_here() -> None:
    assert OF_NUMBERS.keys() == REGRESSORS
    assert OF_CLASSES.keys() == CLASSIFIERS


@pytest.mark.parametrize("model_type", OF_NUMBERS)
def test_numbers_are_predicted_as_by_hand(model_type: str) -> None:
    plain, x, y = by_hand("diabetes", "progression", OF_NUMBERS[model_type])

    found = measured("diabetes", "progression", model_type).values

    said = plain.predict(x)
    assert found["r2"] == pytest.approx(sk.r2_score(y, said), rel=1e-9)
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(y, said), rel=1e-9)
    assert found["mse"] == pytest.approx(sk.mean_squared_error(y, said), rel=1e-9)


@pytest.mark.parametrize("model_type", OF_CLASSES)
def test_classes_are_told_apart_as_by_hand(model_type: str) -> None:
    plain, x, y = by_hand("breast_cancer", "diagnosis", OF_CLASSES[model_type])

    found = measured("breast_cancer", "diagnosis", model_type).values

    said, is_bad = plain.predict(x), y == "malignant"
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(y, said), rel=1e-9)
    assert found["f1"] == pytest.approx(sk.f1_score(is_bad, said == "malignant"), rel=1e-9)
    if hasattr(plain, "predict_proba"):
        shares = plain.predict_proba(x)
        assert found["log_loss"] == pytest.approx(sk.log_loss(y, shares), rel=1e-9)
        assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(is_bad, shares[:, 1]), rel=1e-9)
