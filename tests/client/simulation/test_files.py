import numpy as np
import pandas as pd
import pytest
from querist._files import FileError
from querist.simulation.files import read

TABLE = "id,x1,x2,e1,e2,town,y\n1,1.5,2,0.1,0.2,a,yes\n2,3,4,0.3,0.4,b,no\n"


def asked(path, label="y", **more):
    return read(str(path), **{"label": label, "features": None, "embeddings": None, "ids": None, **more})


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(TABLE)
    return path


def test_columns_of_a_table(table):
    found = asked(table, ids="id", embeddings="e?")
    assert list(found.features) == ["x1", "x2", "town"]
    assert found.features["x1"] == ("1.5", "3")
    assert list(found.embeddings) == ["e1", "e2"]
    assert found.labels == ("yes", "no")
    assert list(asked(table, features="x*, town").features) == ["x1", "x2", "town"]


def test_embeddings_may_be_the_features_or_stand_for_them(table):
    assert asked(table, embeddings="features").embeddings == "features"
    alone = asked(table, ids="id", features="e*", embeddings="x*,e*,town")
    assert list(alone.features) == ["e1", "e2"]


def test_arrays_of_an_archive(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, X=np.ones((2, 3)), emb=np.zeros((2, 4)), y=[0, 1])
    found = asked(path, embeddings="emb")
    assert (found.features.shape, found.embeddings.shape, found.labels.tolist()) == ((2, 3), (2, 4), [0, 1])
    with pytest.raises(FileError, match="holds X, emb: name one of its arrays by --features"):
        asked(path)
    only = tmp_path / "only.npz"
    np.savez(only, emb=np.zeros((2, 4)), y=[0, 1])
    found = asked(only, embeddings="emb")
    np.testing.assert_array_equal(found.features, found.embeddings)


def test_parquet_is_read_or_what_it_needs_is_named(table, tmp_path):
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        with pytest.raises(FileError, match=r"querist\[pandas\]"):
            asked(tmp_path / "data.parquet")
        return
    pd.read_csv(table).to_parquet(tmp_path / "data.parquet")
    assert list(asked(tmp_path / "data.parquet", ids="id").features) == ["x1", "x2", "e1", "e2", "town"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"label": "z"}, "has no 'z'; it has id, x1, x2, e1, e2, town, y"),
        ({"ids": "key"}, "has no 'key'"),
        ({"features": "pixel*"}, "has no features 'pixel.*'; beside label and ids it has id, x1"),
        ({"embeddings": "vec*"}, "has no embeddings 'vec"),
    ],
)
def test_what_the_file_does_not_hold_is_named(table, more, words):
    with pytest.raises(FileError, match=words):
        asked(table, **more)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", "", "none of .csv, .parquet, .npz"),
        ("a.csv", "x,y\n1,2,3\n", "line 2 has 3 cells; the head has 2"),
        ("a.csv", "x,x,y\n1,2,3\n", "column 'x' is there twice"),
        ("a.csv", "", "cannot be read"),
        ("a.npz", "no archive", "cannot be read"),
    ],
)
def test_files_that_are_none_are_said_to_be_so(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(FileError, match=words):
        asked(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        asked(tmp_path / "nothing.csv")
