"""What the columns of the samples mean, and where the samples are from. Read by `make.py` alone."""

from dataclasses import dataclass

from sample_data.catalogue import Kind, SampleColumn, Task

Column = SampleColumn


@dataclass(frozen=True, slots=True)
class Description:
    """The facts of a sample that are written by hand; the rest is measured by `make.py`."""

    name: str
    title: str
    summary: str
    synthetic: bool
    file: str
    columns: tuple[Column, ...]
    target: str
    task: Task
    source: str
    licence: str


_CC_BY = "Creative Commons Attribution 4.0 International (CC BY 4.0)"

BOSTON_HOUSING = Description(
    name="boston_housing",
    title="Boston housing (synthetic)",
    summary=(
        "50,000 synthetic districts in the likeness of the Boston housing set: "
        "predict the median home value from 13 features."
    ),
    synthetic=True,
    file="boston_housing.parquet",
    columns=(
        Column("CRIM", "number", None, "Crime rate per head of the town"),
        Column(
            "ZN",
            "number",
            "%",
            "Share of residential land zoned for plots over 25,000 sq.ft.",
        ),
        Column("INDUS", "number", "%", "Share of the town's land in non-retail business"),
        Column("CHAS", "binary", None, "1 if the district bounds the Charles River, else 0"),
        Column("NOX", "number", "parts per 10 million", "Concentration of nitric oxides"),
        Column("RM", "number", "rooms", "Average number of rooms per dwelling"),
        Column("AGE", "number", "%", "Share of owner-occupied homes built before 1940"),
        Column("DIS", "number", None, "Weighted distance to five employment centres"),
        Column("RAD", "integer", None, "Index of access to radial motorways"),
        Column("TAX", "integer", "$ per $10,000", "Property tax rate"),
        Column("PTRATIO", "number", "pupils per teacher", "Pupil-teacher ratio of the town"),
        Column(
            "B",
            "number",
            None,
            "1000(Bk - 0.63)², Bk being the share of Black residents. Kept to resemble the "
            "original, which is criticised for this column; never a feature for real decisions",
        ),
        Column("LSTAT", "number", "%", "Share of residents of lower status"),
        Column("MEDV", "number", "k$", "Median value of owner-occupied homes, capped at 50"),
    ),
    target="MEDV",
    task="regression",
    source=(
        "Drawn at random by sample_data/boston_housing.py; holds no row of the original. "
        "Likeness: Harrison and Rubinfeld, J. Environ. Econ. Manag. 5 (1978), 81-102."
    ),
    licence="Apache-2.0, as TensorRag",
)

IRIS = Description(
    name="iris",
    title="Iris",
    summary="150 iris flowers: tell three species apart by four measurements.",
    synthetic=False,
    file="iris.csv",
    columns=(
        Column("sepal_length", "number", "cm", "Length of the sepal"),
        Column("sepal_width", "number", "cm", "Width of the sepal"),
        Column("petal_length", "number", "cm", "Length of the petal"),
        Column("petal_width", "number", "cm", "Width of the petal"),
        Column("species", "category", None, "setosa, versicolor or virginica"),
    ),
    target="species",
    task="multiclass",
    source="R. A. Fisher (1936), UCI ML Repository, doi:10.24432/C56C76",
    licence=_CC_BY,
)

WINE = Description(
    name="wine",
    title="Wine",
    summary="178 Italian wines: tell three cultivars apart by 13 chemical measurements.",
    synthetic=False,
    file="wine.csv",
    columns=(
        Column("alcohol", "number", "%", "Alcohol by volume"),
        Column("malic_acid", "number", "g/l", "Malic acid"),
        Column("ash", "number", None, "Ash"),
        Column("alcalinity_of_ash", "number", None, "Alcalinity of the ash"),
        Column("magnesium", "integer", "mg/l", "Magnesium"),
        Column("total_phenols", "number", None, "Total phenols"),
        Column("flavanoids", "number", None, "Flavanoids"),
        Column("nonflavanoid_phenols", "number", None, "Phenols that are no flavanoids"),
        Column("proanthocyanins", "number", None, "Proanthocyanins"),
        Column("color_intensity", "number", None, "Intensity of the colour"),
        Column("hue", "number", None, "Hue"),
        Column("od280_od315", "number", None, "OD280/OD315 of diluted wines"),
        Column("proline", "integer", "mg/l", "Proline"),
        Column("cultivar", "category", None, "Which of three cultivars the grapes were"),
    ),
    target="cultivar",
    task="multiclass",
    source="S. Aeberhard and M. Forina (1992), UCI ML Repository, doi:10.24432/C5PC7J",
    licence=_CC_BY,
)

DIABETES = Description(
    name="diabetes",
    title="Diabetes",
    summary="442 patients: predict how far diabetes has progressed a year after ten measurements.",
    synthetic=False,
    file="diabetes.csv",
    columns=(
        Column("age", "integer", "years", "Age"),
        Column("sex", "binary", None, "1 or 2, as coded in the source"),
        Column("bmi", "number", "kg/m²", "Body mass index"),
        Column("blood_pressure", "number", "mmHg", "Average blood pressure"),
        Column("s1_total_cholesterol", "integer", "mg/dl", "Total serum cholesterol"),
        Column("s2_ldl", "number", "mg/dl", "Low-density lipoproteins"),
        Column("s3_hdl", "number", "mg/dl", "High-density lipoproteins"),
        Column("s4_cholesterol_ratio", "number", None, "Total cholesterol over HDL"),
        Column("s5_log_triglycerides", "number", None, "Logarithm of serum triglycerides"),
        Column("s6_glucose", "integer", "mg/dl", "Blood sugar"),
        Column("progression", "integer", None, "Progression of the disease after one year"),
    ),
    target="progression",
    task="regression",
    source=(
        "Efron, Hastie, Johnstone and Tibshirani, Least angle regression, "
        "Ann. Statist. 32 (2004), 407-499; as distributed with scikit-learn"
    ),
    licence="Published by its authors without one; distributed with scikit-learn (BSD-3-Clause)",
)

_CELL_MEASURES: tuple[tuple[str, str], ...] = (
    ("radius", "Distance from the centre to the outline"),
    ("texture", "Standard deviation of grey values"),
    ("perimeter", "Length of the outline"),
    ("area", "Area"),
    ("smoothness", "Local variation of the radius"),
    ("compactness", "Perimeter² / area - 1"),
    ("concavity", "Depth of the concave parts of the outline"),
    ("concave_points", "Share of the outline that is concave"),
    ("symmetry", "Symmetry"),
    ("fractal_dimension", "Coastline approximation - 1"),
)
_CELL_STATISTICS: tuple[tuple[str, str], ...] = (
    ("mean", "mean over the cell nuclei"),
    ("error", "standard error over the cell nuclei"),
    ("worst", "mean of the three largest nuclei"),
)
_NUMBER: Kind = "number"

BREAST_CANCER = Description(
    name="breast_cancer",
    title="Breast cancer",
    summary="569 biopsies: tell malignant from benign by 30 measurements of the cell nuclei.",
    synthetic=False,
    file="breast_cancer.csv",
    columns=(
        *(
            Column(f"{statistic}_{measure}", _NUMBER, None, f"{meaning}, {over}")
            for statistic, over in _CELL_STATISTICS
            for measure, meaning in _CELL_MEASURES
        ),
        Column("diagnosis", "category", None, "malignant or benign"),
    ),
    target="diagnosis",
    task="binary",
    source="Wolberg, Mangasarian, Street and Street (1993), UCI ML Repository, doi:10.24432/C5DW2B",
    licence=_CC_BY,
)

CHURN = Description(
    name="churn",
    title="Customer churn (synthetic)",
    summary="5,000 synthetic customers of a telephone company: predict who leaves.",
    synthetic=True,
    file="churn.csv",
    columns=(
        Column("age", "integer", "years", "Age of the customer"),
        Column("tenure", "integer", "months", "How long they have been a customer"),
        Column("contract", "category", None, "monthly, one year or two years"),
        Column("internet", "category", None, "phone only, dsl or fibre"),
        Column("several_lines", "binary", None, "1 if they have several telephone lines, else 0"),
        Column("monthly_charge", "number", "$", "What they pay a month"),
        Column("support_calls", "integer", "calls", "Calls to the support in the last half year"),
        Column("churned", "category", None, "yes if they left, else no"),
    ),
    target="churned",
    task="binary",
    source="Drawn at random by churn.py",
    licence="Apache-2.0",
)

DAILY_SALES = Description(
    name="daily_sales",
    title="Daily sales (synthetic)",
    summary="Three synthetic shops on 1,096 days: predict what each sells a week ahead.",
    synthetic=True,
    file="daily_sales.csv",
    columns=(
        Column("date", "date", None, "The day"),
        Column("shop", "category", None, "harbour, market or station"),
        Column("promotion", "binary", None, "1 on days of a promotion, else 0; planned ahead"),
        Column("sales", "integer", "pieces", "What was sold on that day"),
    ),
    target="sales",
    task="regression",
    source="Drawn at random by daily_sales.py",
    licence="Apache-2.0",
)

DIGITS = Description(
    name="digits",
    title="Handwritten digits",
    summary="1,797 handwritten digits, 8 × 8 pixels as 64 columns: tell the ten digits apart.",
    synthetic=False,
    file="digits.parquet",
    columns=(
        *(
            Column(
                f"pixel_{row}_{column}",
                _NUMBER,
                None,
                f"Ink in row {row}, column {column}: 0 to 16",
            )
            for row in range(8)
            for column in range(8)
        ),
        Column("digit", "category", None, "0 to 9, as a word of one letter"),
    ),
    target="digit",
    task="multiclass",
    source="E. Alpaydin and C. Kaynak (1998), UCI ML Repository, doi:10.24432/C50P49 (test)",
    licence=_CC_BY,
)

LINNERUD = Description(
    name="linnerud",
    title="Exercise and physique",
    summary="20 men in a fitness club: predict the waist from exercises, weight and pulse.",
    synthetic=False,
    file="linnerud.parquet",
    columns=(
        Column("chins", "integer", None, "Chin-ups"),
        Column("situps", "integer", None, "Sit-ups"),
        Column("jumps", "integer", None, "Jumping jacks"),
        Column("weight", "integer", "lb", "Weight"),
        Column("pulse", "integer", "beats/min", "Pulse at rest"),
        Column("waist", "number", "in", "Waist"),
    ),
    target="waist",
    task="regression",
    source="M. Tenenhaus, La régression PLS (1998), after A. C. Linnerud; with scikit-learn",
    licence="Published by its authors without one; distributed with scikit-learn (BSD-3-Clause)",
)

DESCRIPTIONS = (
    BOSTON_HOUSING, DIABETES, IRIS, WINE, BREAST_CANCER, DIGITS, LINNERUD, CHURN, DAILY_SALES,
)  # fmt: skip
