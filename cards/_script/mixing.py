"""What a script mixes the columns of a model with that has too many to be asked about each anew."""

ORDERS = '''\
def orders_of(rows, repeats, seed):
    """Tell which row each takes a value from, as permutation_importance mixes them."""
    random = np.random.RandomState(np.random.RandomState(seed).randint(2**31))
    order, orders = np.arange(rows), [np.arange(rows)]
    for _ in range(repeats):
        random.shuffle(order)
        orders.append(orders[-1][order])
    return orders[1:]'''
OF_SUMS = '''\
def importance_of_sums(model, x, y, score, repeats, seed):
    """Tell what permutation_importance tells, of a linear model with very many columns.

    It is asked about a column and the sum of all others, not about all of them anew.
    """
    steps, last = (model[:-1], model[-1]) if hasattr(model, "steps") else (None, model)
    z = np.asarray(x if steps is None else steps.transform(x))
    weights = np.atleast_2d(last.coef_)
    sums = z @ weights.T + last.intercept_
    whole, lost = score(model, x, y), np.zeros((z.shape[1], repeats))
    narrow = copy.copy(last)
    vars(narrow).pop("feature_names_in_", None)
    narrow.intercept_, narrow.n_features_in_ = np.zeros_like(last.intercept_), len(weights) + 1
    orders = orders_of(len(z), repeats, seed)
    for at in np.flatnonzero(weights.any(axis=0)):
        own = np.column_stack([np.eye(len(weights)), weights[:, at]])
        narrow.coef_ = own if np.ndim(last.coef_) > 1 else own[0]
        rest = sums - np.outer(z[:, at], weights[:, at])
        for repeat, places in enumerate(orders):
            asked = np.column_stack([rest, z[places, at]])
            lost[at, repeat] = whole - score(narrow, asked, y)
    return lost'''
OF_TREES = '''\
class Told:
    """Says what trees have said already: a number for each row, or how likely each class is."""

    def __init__(self, like, told):
        self.told = told
        if hasattr(like, "classes_"):
            self.classes_ = like.classes_

    def predict(self, x):
        if hasattr(self, "classes_"):
            return self.classes_[self.told.argmax(axis=1)]
        return self.told[:, 0]

    def predict_proba(self, x):
        return self.told


def ways_of(tree, z):
    """Tell which rows ask for which column in a tree and where first, and where all of them end."""
    path = tree.decision_path(z).tocsr()
    path.sort_indices()
    rows, ends = np.repeat(np.arange(len(z)), np.diff(path.indptr)), path.indptr[1:] - 1
    asks = tree.children_left[path.indices] >= 0
    rows, nodes = rows[asks], path.indices[asks]
    _, first = np.unique(tree.feature[nodes] * len(z) + rows, return_index=True)
    return tree.feature[nodes[first]], rows[first], nodes[first], path.indices[ends]


def walked(tree, z, columns, rows, nodes, places):
    """Walk on to the ends of a tree, each row with the value that another has in a column."""
    nodes, going = nodes.copy(), np.arange(len(nodes))
    while len(going):
        here, row = nodes[going], rows[going]
        asked = tree.feature[here]
        row = np.where(asked == columns[going], places[row], row)
        left = z[row, asked] <= tree.threshold[here]
        nodes[going] = np.where(left, tree.children_left[here], tree.children_right[here])
        going = going[tree.children_left[nodes[going]] >= 0]
    return nodes


def importance_of_trees(model, x, y, score, repeats, seed):
    """Tell what permutation_importance tells, of trees with very many columns.

    Only rows walk again whose way asks for the column, and only from there on.
    """
    steps, last = (model[:-1], model[-1]) if hasattr(model, "steps") else (None, model)
    z = np.ascontiguousarray(x if steps is None else steps.transform(x), dtype=np.float32)
    trees = [each.tree_ for each in getattr(last, "estimators_", [last])]
    values, ways = [tree.value[:, 0] for tree in trees], [ways_of(tree, z) for tree in trees]
    whole, lost = score(model, x, y), np.zeros((z.shape[1], repeats))
    orders = orders_of(len(z), repeats, seed)
    some = max(1, 8_000_000 // (len(z) * values[0].shape[1]))  # columns that are held at a time
    asked = np.unique(np.concatenate([columns for columns, *_ in ways]))
    for block in np.split(asked, range(some, len(asked), some)):
        for repeat, places in enumerate(orders):
            sums = np.zeros((len(block), len(z), values[0].shape[1]))
            for tree, value, (columns, rows, nodes, ends) in zip(trees, values, ways):
                part = slice(*np.searchsorted(columns, [block[0], block[-1] + 1]))
                own = columns[part], rows[part], nodes[part]
                at = np.searchsorted(block, own[0]), own[1]
                moved = sums[at] + value[walked(tree, z, *own, places)]
                sums += value[ends]
                sums[at] = moved
            for column, told in zip(block, sums / len(trees)):
                lost[column, repeat] = whole - score(Told(last, told), x, y)
    return lost'''
