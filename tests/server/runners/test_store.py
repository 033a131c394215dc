import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from querist_server.engine.errors import EngineError, LimitError
from querist_server.runners.disk import LOCK
from querist_server.runners.store import ModelInfo, ModelStore, Value


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()} - {LOCK}


def put(store: ModelStore, content: bytes) -> tuple[ModelInfo, bool]:
    with store.upload() as upload:
        for start in range(0, len(content), 3):
            upload.write(content[start : start + 3])
        info = ModelInfo(upload.digest, upload.size, 1.5, (Value("x", "tensor(float)", (-1, 4)),), (), ("a", "b"), "me")
        return store.keep(upload, info)


def test_what_was_stored_is_there_after_a_restart(tmp_path):
    info, created = put(ModelStore(tmp_path / "models", 100, 100), b"some model")
    assert created
    assert info.digest == hashlib.sha256(b"some model").hexdigest()
    again = ModelStore(tmp_path / "models", 100, 100)
    assert again.get(info.digest) == info
    assert again.content(info.digest) == b"some model"
    assert put(again, b"some model") == (info, False)
    again.delete(info.digest)
    with pytest.raises(EngineError) as caught:
        again.get(info.digest)
    assert caught.value.reason == "MODEL_NOT_FOUND"
    assert names(tmp_path / "models") == set()


def test_nothing_is_left_of_an_upload_that_breaks_off(tmp_path):
    store = ModelStore(tmp_path, 100, 100)
    with pytest.raises(EngineError), store.upload() as upload:
        upload.write(b"half")
        store.get("0" * 64)
    assert names(tmp_path) == set()


@pytest.mark.parametrize("damage", ["partial", "no info", "no model", "short model", "garbled info", "other digest", "changed info"])
def test_what_is_not_whole_is_removed_at_the_start(tmp_path, damage):
    info, _ = put(ModelStore(tmp_path, 100, 100), b"some model")
    model, described = tmp_path / f"{info.digest}.onnx", tmp_path / f"{info.digest}.json"
    if damage == "partial":
        (tmp_path / ".partial-x").write_bytes(b"half")
    elif damage == "no info":
        described.unlink()
    elif damage == "no model":
        model.unlink()
    elif damage == "short model":
        model.write_bytes(b"some")
    elif damage == "garbled info":
        described.write_text("{")
    elif damage == "other digest":
        described.write_text(replace(info, digest="0" * 64).to_json())
    else:
        described.write_text(described.read_text().replace('"producer": "me"', '"producer": "you"'))
    stranger = tmp_path / "notes.txt"
    stranger.write_text("not ours")
    store = ModelStore(tmp_path, 100, 100)
    assert len(store.page("", 10)) == (1 if damage == "partial" else 0)
    left = names(tmp_path) - {"notes.txt"}
    assert left == ({model.name, described.name} if damage == "partial" else set())


def test_a_full_store_and_a_large_model_are_refused(tmp_path):
    store = ModelStore(tmp_path, 15, 12)
    put(store, b"0123456789")
    with pytest.raises(EngineError) as caught:
        put(store, b"9876543210")
    assert caught.value.reason == "MODEL_STORE_FULL"
    with pytest.raises(LimitError) as caught:
        put(ModelStore(tmp_path / "roomy", 100, 12), b"0" * 13)
    assert caught.value.limit == "max_model_bytes"
    assert len(store.page("", 10)) == 1


def test_a_directory_that_cannot_be_made_is_said_without_its_path(tmp_path):
    (tmp_path / "file").write_text("")
    store = ModelStore(tmp_path / "file" / "models", 15, 12)
    with pytest.raises(EngineError) as caught:
        put(store, b"x")
    assert caught.value.reason == "MODEL_STORE_UNAVAILABLE"
    assert str(tmp_path) not in str(caught.value)


def test_pages_follow_the_digests(tmp_path):
    store = ModelStore(tmp_path, 10**6, 100)
    digests = sorted(put(store, bytes([number]))[0].digest for number in range(7))
    seen, after = [], ""
    while page := store.page(after, 3):
        seen += [info.digest for info in page]
        after = seen[-1]
    assert seen == digests


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 63 + "/"])
def test_only_digests_name_models(tmp_path, digest):
    with pytest.raises(EngineError) as caught:
        ModelStore(tmp_path, 1, 1).get(digest)
    assert caught.value.reason == "VALUE_OUT_OF_RANGE"
