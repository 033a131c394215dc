"""The same request gives the same answer to the last bit, however it travels and whoever computes it.

Rows are few and wide: a stream of one row a message stays short, and yet the pool spans several blocks of the engine and of the client.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
import pytest
import querist
from engine import LIMITS, committee, probabilities
from places import Places
from querist import codec
from querist._requests import Request, Selecting, request_of
from querist._rows import COMMITTEE
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist_server.engine.kernels import parallel
from querist_server.engine.pipeline import Run
from querist_server.service.decode import decode_pool, decode_task
from querist_server.service.local_files import LocalFiles
from results import facts
from serving import serving

ROWS = 1_200
RNG = np.random.default_rng(11)
WIDE = probabilities(RNG, ROWS, 600)
THREE = np.moveaxis(committee(RNG, ROWS, 3, 150), 1, 0)
VOTES = RNG.integers(-1, 12, (40, ROWS))
COMMON = {"count": 200, "seed": 77, "random_share": 0.1}


def bfloat16(values: np.ndarray) -> np.ndarray:
    return (values.astype("<f4").view("<u4") >> 16).astype("<u2").view(codec.BFLOAT16)


CASES: dict[str, tuple[dict[str, np.ndarray], dict[str, Any]]] = {
    "margin": ({"probabilities": WIDE.astype(np.float32)}, {"strategy": "margin"}),
    "entropy of halves": ({"probabilities": WIDE.astype(np.float16)}, {"strategy": "entropy", "exclude": [0, 5, 1_100]}),
    "brain floats": ({"logits": bfloat16(RNG.normal(size=(ROWS, 600)))}, {"strategy": "ratio", "return_scores": True}),
    "stochastic": ({"probabilities": WIDE, "excluded": RNG.random(ROWS) < 0.1}, {"strategy": "power_margin"}),
    "weighted committee": ({"committee": THREE.astype(np.float32)}, {"strategy": "bald", "member_weights": [1.0, 2.0, 0.5]}),
    "stochastic committee": ({"committee": THREE, "keys": RNG.permutation(ROWS)}, {"strategy": "softrank_bald"}),
    "votes": ({"votes": VOTES}, {"strategy": "vote_entropy", "class_count": 12}),
    "set": (
        {"probabilities": probabilities(RNG, ROWS, 5), "embeddings": RNG.normal(size=(ROWS, 512)).astype(np.float32)},
        {"strategy": querist.Plan(score="margin", choice="k_center", prefilter=700)},
    ),
    "mix": (
        {"probabilities": WIDE, "scores": RNG.normal(size=ROWS).astype(np.float32)},
        {
            "strategy": querist.Plan(
                score=querist.parts.Mix(
                    parts=(
                        querist.parts.MixPart(score="entropy", weight=0.3),
                        querist.parts.MixPart(score=querist.parts.CallerScore(), weight=0.7),
                    ),
                    scale="Z_SCORE",
                ),
                choice="softmax",
            ),
            "return_components": True,
        },
    ),
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """One server with one worker and one with four; each is reached by TCP and by a Unix socket."""
    one, four = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("four")
    with (
        serving(one, workers=1, addresses=("127.0.0.1:0", f"unix:{one}/q.sock")) as a,
        serving(four, workers=4, addresses=("127.0.0.1:0", f"unix:{four}/q.sock")) as b,
    ):
        yield [*a.server.addresses, *b.server.addresses]


def arguments(rows: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    renamed = {"exclude" if name == "excluded" else name: value for name, value in rows.items()}
    return {**COMMON, **rest, **renamed}


def batches(rows: dict[str, np.ndarray], length: int) -> list[dict[str, np.ndarray]]:
    """Cut the rows; members come first in a committee."""
    cuts = [slice(start, start + length) for start in range(0, ROWS, length)]
    return [{name: value[:, cut] if name in COMMITTEE else value[cut] for name, value in rows.items()} for cut in cuts]


def bare(response: pb.SelectResponse) -> bytes:
    """Return all of a response but what names the call and how long it took."""
    kept = pb.SelectResponse.FromString(response.SerializeToString())
    kept.ClearField("selection_id")
    kept.ClearField("timings")
    kept.statistics.ClearField("bytes_kept")  # counts scores that wait to be sent, which one message never does
    return kept.SerializeToString(deterministic=True)


def unary(stub: SelectionServiceStub, request: Request) -> pb.SelectResponse:
    whole = pb.SelectRequest(header=request.header, pool=request.arrays.pool(0, ROWS))
    whole.header.return_scores = False  # which only a stream may ask for
    return stub.Select(whole, timeout=60)


def streamed(stub: SelectionServiceStub, request: Request, rows: int | None) -> tuple[pb.SelectResponse, np.ndarray]:
    """Return the result of a stream in blocks of so many rows (None: of 2 MiB), and the scores of the pool if asked for."""
    if rows is None:
        blocks = map(pb.SelectStreamRequest.FromString, request.arrays.blocks(0))
    else:
        cuts = [(start, min(start + rows, ROWS)) for start in range(0, ROWS, rows)]
        blocks = (pb.SelectStreamRequest(block=pb.RowBlock(first_row=start, rows=request.arrays.pool(start, stop))) for start, stop in cuts)
    messages = [pb.SelectStreamRequest(header=request.header), *blocks]
    *events, last = stub.SelectStream(iter(messages), timeout=60)
    scores = [codec.decode(event.scores.scores) for event in events if event.HasField("scores")]
    return last.result, np.concatenate(scores or [np.empty(0)])


@pytest.mark.parametrize("case", CASES)
def test_one_message_or_a_stream_in_any_blocks(servers, case):
    request = request_of(Selecting(**arguments(*CASES[case])))
    answers, pools = set(), set()
    for address, lengths in zip(servers, ([None, 7], [1], [1], [None, 7]), strict=True):
        with grpc.insecure_channel(address, [("grpc.default_authority", "localhost")]) as channel:
            stub = SelectionServiceStub(channel)
            answers.add(bare(unary(stub, request)))
            for length in lengths:
                result, scores = streamed(stub, request, length)
                answers.add(bare(result))
                pools.add(scores.tobytes())
    assert len(answers) == 1
    assert len(pools) == 1
    assert len(pools.pop()) == 8 * ROWS * request.header.return_scores


@pytest.mark.parametrize("case", CASES)
def test_either_client_with_arrays_or_batches(servers, case):
    rows, rest = CASES[case]
    found = []
    for address in servers:
        with querist.connect(address) as client:
            found.append(facts(client.select(**arguments(rows, rest))))
            found.append(facts(client.select(iter(batches(rows, 450)), **{**COMMON, **rest})))

        async def asynchronous(address=address):
            async with querist.aio.connect(address) as client:
                whole = await client.select(**arguments(rows, rest))
                return [facts(whole), facts(await client.select(iter(batches(rows, 333)), **{**COMMON, **rest}))]

        found += asyncio.run(asynchronous())
    assert all(one == found[0] for one in found)
    assert len(found) == 4 * len(servers)


@pytest.mark.parametrize("case", CASES)
def test_files_in_a_shared_directory(servers, case, tmp_path, monkeypatch):
    """Everything by file, in blocks of other lengths than those of a stream: the bits of bytes, from either client."""
    monkeypatch.setattr("querist._requests.UNARY_BYTES", 0)
    monkeypatch.setattr("querist._sharing.FILES_FROM_BYTES", 0)
    monkeypatch.setattr("querist._file_ring.INLINE_BYTES", 1)
    monkeypatch.setattr("querist._file_ring.FILE_BLOCK_BYTES", 300_000)
    rows, rest = CASES[case]
    with querist.connect(servers[0]) as client:
        sent = client.select(**arguments(rows, rest))
    read = LocalFiles.read
    files = []
    monkeypatch.setattr(LocalFiles, "read", lambda self, *asked: files.append(asked) or read(self, *asked))
    (tmp_path / "shared").mkdir()
    with serving(tmp_path, local_tensor_directory=tmp_path / "shared") as server:
        with querist.connect(server.address) as client:
            found = [client.select(**arguments(rows, rest))]

        async def asynchronous():
            async with querist.aio.connect(server.address) as client:
                return await client.select(**arguments(rows, rest))

        found.append(asyncio.run(asynchronous()))
    assert len(files) >= 2 * len(rows)
    for batch in found:
        assert facts(batch) == facts(sent)
        if sent.all_scores is not None:
            assert batch.all_scores.tobytes() == sent.all_scores.tobytes()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("threads", [1, 3])
def test_the_engine_alone_on_one_thread_or_many(servers, case, threads):
    request = request_of(Selecting(**arguments(*CASES[case])))
    run = Run(decode_task(request.header), LIMITS)
    with parallel.lent(Places(threads - 1)):
        for block in map(pb.SelectStreamRequest.FromString, request.arrays.blocks(0)):
            run.feed(decode_pool(block.block.rows))
        alone = run.finish()
    with querist.connect(servers[0]) as client:
        batch = client.select(**arguments(*CASES[case]))
    for name in ("indices", "scores", "priorities", "random_draws", "inclusion_probabilities"):
        assert getattr(alone, name).tobytes() == getattr(batch, name).tobytes(), name


def test_many_callers_at_once(servers):
    cases = list(CASES.values()) * 3
    for address in servers:
        with querist.connect(address) as client, ThreadPoolExecutor(6) as callers:
            together = list(callers.map(lambda case: facts(client.select(**arguments(*case))), cases))
            alone = [facts(client.select(**arguments(*case))) for case in CASES.values()]
        assert together == alone * 3


def test_torch_tensors_give_the_bits_of_their_arrays(servers):
    torch = pytest.importorskip("torch")
    with querist.connect(servers[0]) as client:
        for kind in (np.float16, np.float32, np.float64):
            array = WIDE.astype(kind)
            tensor = torch.tensor(array, requires_grad=True)
            assert facts(client.select(tensor, strategy="margin", **COMMON)) == facts(client.select(array, strategy="margin", **COMMON))
            parts = facts(client.select(iter(tensor.split(100)), strategy="margin", **COMMON))
            assert parts == facts(client.select(array, strategy="margin", **COMMON))
        logits = torch.tensor(WIDE * 8).to(torch.bfloat16)
        by_bits = bfloat16(logits.to(torch.float32).numpy())
        brain = facts(client.select(logits=logits, strategy="entropy", **COMMON))
        assert brain == facts(client.select(logits=by_bits, strategy="entropy", **COMMON))
        members = [torch.tensor(member) for member in THREE]
        together = facts(client.select(committee=members, strategy="bald", **COMMON))
        assert together == facts(client.select(committee=THREE, strategy="bald", **COMMON))
