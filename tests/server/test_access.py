"""Who is let in: certificates, identities and tokens, and how they are renewed while the server runs."""

import hashlib
import logging
import threading
import time

import grpc
import numpy as np
import pytest
import querist
from authority import Authority, Pair, put
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from querist._watched import UnusableFileError
from querist.v1 import selection_service_pb2 as pb
from querist.v1 import system_service_pb2
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist.v1.system_service_pb2_grpc import SystemServiceStub
from querist_server import app, listening, settings
from querist_server.service.tokens import Tokens
from serving import serving

SPIFFE = "spiffe://example.org/trainer"
INFO = system_service_pb2.GetServerInfoRequest()
AT_ONCE = {"timeout": 10.0, "retries": 0}


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def pki(tmp_path, authority):
    """Files of a server and of a caller."""
    put(tmp_path / "ca.pem", authority.pem)
    Pair(tmp_path, "server", authority, "localhost", "127.0.0.1")
    Pair(tmp_path, "caller", authority, SPIFFE, "trainer.example.org")
    return tmp_path


def server_files(directory, *, mutual=False):
    files = {"tls_certificate": directory / "server.pem", "tls_private_key": directory / "server.key"}
    return {**files, "tls_client_ca": directory / "ca.pem"} if mutual else files


def caller_files(directory, name="caller"):
    return querist.Tls(directory / "ca.pem", directory / f"{name}.pem", directory / f"{name}.key")


def info(address, **options):
    with querist.connect(address, **{**AT_ONCE, **options}) as client:
        return client.info()


def reasons(error):
    (packed,) = rpc_status.from_call(error).details
    detail = error_details_pb2.ErrorInfo()
    assert packed.Unpack(detail)
    return detail.reason


def test_tls_shows_the_certificate_and_plain_text_gets_nowhere(pki):
    with serving(pki, **server_files(pki)) as server:
        assert info(server.address, tls=querist.Tls(pki / "ca.pem")).api_version == "querist.v1"
        with pytest.raises(querist.errors.ServerUnavailableError):
            info(server.address)
        with pytest.raises(querist.errors.ServerUnavailableError):  # an authority that nobody here trusts
            info(server.address, tls=True)


def test_a_client_refuses_a_server_of_another_authority_or_name(pki):
    put(pki / "other.pem", Authority().pem)
    with serving(pki, **server_files(pki)) as server:
        with pytest.raises(querist.errors.ServerUnavailableError):
            info(server.address, tls=querist.Tls(pki / "other.pem"))
        with pytest.raises(querist.errors.ServerUnavailableError):
            info(server.address, tls=querist.Tls(pki / "ca.pem", server_name="else.example.org"))
        assert info(server.address, tls=querist.Tls(pki / "ca.pem", server_name="localhost")).limits


def test_mutual_tls_demands_a_certificate_of_the_right_authority(pki):
    Pair(pki, "stranger", Authority(), SPIFFE)
    with serving(pki, **server_files(pki, mutual=True)) as server:
        assert info(server.address, tls=caller_files(pki)).limits
        with pytest.raises(querist.errors.ServerUnavailableError):
            info(server.address, tls=querist.Tls(pki / "ca.pem"))
        with pytest.raises(querist.errors.ServerUnavailableError):
            info(server.address, tls=caller_files(pki, "stranger"))


@pytest.mark.parametrize(
    ("allowed", "welcome"),
    [
        ((SPIFFE,), True),
        (("someone.example.org", "trainer.example.org"), True),
        (("someone.example.org", "*.example.org", "spiffe://example.org/", "TRAINER.EXAMPLE.ORG", ""), False),
    ],
)
def test_identities_are_names_in_certificates_compared_whole(pki, allowed, welcome):
    with serving(pki, **server_files(pki, mutual=True), allowed_identities=allowed) as server:
        if welcome:
            assert info(server.address, tls=caller_files(pki)).limits
            return
        with pytest.raises(querist.errors.PermissionDeniedError) as denied:
            info(server.address, tls=caller_files(pki))
        assert denied.value.reason == "CALLER_NOT_ALLOWED"
        assert denied.value.request_id
        assert "example.org" not in str(denied.value)


def secure_channel(directory, address):
    credentials = grpc.ssl_channel_credentials(*((directory / name).read_bytes() for name in ("ca.pem", "caller.key", "caller.pem")))
    return grpc.secure_channel(address, credentials)


def test_of_whom_is_not_allowed_only_health_answers(pki):
    with (
        serving(pki, **server_files(pki, mutual=True), allowed_identities=("someone",)) as server,
        secure_channel(pki, server.address) as channel,
    ):
        assert health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest()).status
        assert everything_else(channel) == {"CALLER_NOT_ALLOWED"}


def everything_else(channel, **more):
    """Return the reasons by which methods of all kinds are denied."""
    found = set()
    never = threading.Event()

    def endless():
        yield pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=1))
        never.wait(10)  # a caller that does not finish is denied all the same

    calls = {
        "unary": lambda: SystemServiceStub(channel).GetServerInfo(INFO, timeout=10, **more),
        "stream": lambda: list(SelectionServiceStub(channel).SelectStream(endless(), timeout=10, **more)),
        "reflection": lambda: list(
            reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
                iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=10, **more
            )
        ),
        "unknown method": lambda: channel.unary_unary("/querist.v1.SystemService/Nothing")(b"", timeout=10, **more),
        "unknown service": lambda: list(channel.stream_stream("/a.B/C")(iter([b""]), timeout=10, **more)),
        "like health": lambda: channel.unary_unary("/grpc.health.v1.HealthX/Check")(b"", timeout=10, **more),
    }
    for name, call in calls.items():
        with pytest.raises(grpc.RpcError) as denied:
            call()
        found.add(reasons(denied.value) if rpc_status.from_call(denied.value) else f"{name}: {denied.value.code().name}")
    never.set()
    return found


@pytest.fixture
def tokens(tmp_path):
    put(tmp_path / "tokens", f"# who may call\n\nalice s3cret-of-alice\nbob sha256:{hashlib.sha256(b's3cret-of-bob').hexdigest()}\n")
    return tmp_path / "tokens"


@pytest.fixture
def guarded(tmp_path, tokens):
    with serving(tmp_path, token_file=tokens) as server:
        yield server


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    """A server of which the tokens stay what they are."""
    directory = tmp_path_factory.mktemp("steady")
    put(directory / "tokens", f"alice s3cret-of-alice\nbob sha256:{hashlib.sha256(b's3cret-of-bob').hexdigest()}\n")
    with serving(directory, token_file=directory / "tokens") as server:
        yield server


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Bearer wrong"],
        ["Bearer "],
        ["s3cret-of-alice"],
        ["Basic s3cret-of-alice"],
        ["Bearer s3cret-of-alic"],
        ["Bearer alice s3cret-of-alice"],
        [f"Bearer sha256:{hashlib.sha256(b's3cret-of-bob').hexdigest()}"],
        ["Bearer s3cret-of-alice", "Bearer s3cret-of-alice"],
    ],
)
def test_without_a_valid_token_only_health_answers(steady, headers):
    metadata = [("authorization", header) for header in headers]
    with grpc.insecure_channel(steady.address) as channel:
        assert health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), metadata=metadata).status
        assert everything_else(channel, metadata=metadata) == {"CREDENTIALS_INVALID"}


def test_with_a_token_all_is_as_ever(steady):
    with grpc.insecure_channel(steady.address) as channel:
        more = {"metadata": [("authorization", "bearer s3cret-of-bob")], "timeout": 10}
        assert SystemServiceStub(channel).GetServerInfo(INFO, **more).api_version == "querist.v1"
        listing = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
            iter([reflection_pb2.ServerReflectionRequest(list_services="")]), **more
        )
        assert next(listing).list_services_response.service
        with pytest.raises(grpc.RpcError) as unknown:
            channel.unary_unary("/querist.v1.SystemService/Nothing")(b"", **more)
        assert unknown.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.fixture
def lines(caplog):
    logger = logging.getLogger("querist")
    before = (logger.propagate, logger.level)
    logger.propagate = True
    caplog.set_level(logging.INFO, logger="querist")
    yield caplog
    logger.propagate = before[0]
    logger.setLevel(before[1])


def test_denials_are_logged_and_secrets_never(guarded, lines):
    with pytest.raises(querist.errors.AuthenticationError) as denied:
        info(guarded.address, token="not-the-s3cret")
    assert info(guarded.address, token="s3cret-of-alice").limits
    (record,) = [record for record in lines.records if record.getMessage() == "denied"]
    assert record.fields["reason"] == denied.value.reason == "CREDENTIALS_INVALID"
    assert record.fields["request_id"] == denied.value.request_id
    assert [record.fields["caller"] for record in lines.records if record.getMessage() == "call"] == ["alice"]
    assert "s3cret" not in " ".join(str(vars(record)) for record in lines.records)
    assert "s3cret" not in repr(guarded.settings)


def callers(server):
    """Return the names of those who call, while their calls run."""
    return {call.caller for call in server.server.interceptor.open}


@pytest.mark.parametrize("kind", ["token", "certificate", "neither"])
def test_calls_have_the_name_that_was_proven(pki, tokens, kind):
    security = {
        "token": {**server_files(pki, mutual=True), "token_file": tokens},
        "certificate": server_files(pki, mutual=True),
        "neither": {},
    }[kind]
    options = {
        "token": {"tls": caller_files(pki), "token": "s3cret-of-alice"},
        "certificate": {"tls": caller_files(pki)},
        "neither": {},
    }[kind]
    expected = {"token": "alice", "certificate": SPIFFE, "neither": "ipv4:127.0.0.1"}[kind]
    seen = []
    with serving(pki, **security) as server, querist.connect(server.address, **options) as client:

        def batches():
            yield np.full((10, 2), 0.5)
            until(lambda: seen.extend(callers(server)) or seen)

        client.select(batches(), strategy="margin", count=1)
    assert set(seen) == {expected}


def until(true, seconds=20.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def works(address, **options):
    try:
        return bool(info(address, **options).limits)
    except querist.QueristError:
        return False


def test_tokens_are_renewed_and_a_broken_file_changes_nothing(guarded, tokens, lines):
    put(tokens, "alice s3cret-of-alice\nalice another-s3cret\n")
    assert info(guarded.address, token="another-s3cret").limits
    assert info(guarded.address, token="s3cret-of-alice").limits
    put(tokens, "alice another-s3cret\n")
    with pytest.raises(querist.errors.AuthenticationError):
        info(guarded.address, token="s3cret-of-alice")
    put(tokens, "alice another-s3cret\nbob\n")
    for _ in range(3):
        assert info(guarded.address, token="another-s3cret").limits
    tokens.unlink()
    assert info(guarded.address, token="another-s3cret").limits
    problems = [record.fields["error"] for record in lines.records if record.getMessage() == "tokens not renewed"]
    assert len(problems) == 2  # once for each
    assert "line 2" in problems[0]
    assert "cannot be read" in problems[1]
    put(tokens, "carol s3cret-of-carol\n")
    assert info(guarded.address, token="s3cret-of-carol").limits


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "no token"),
        ("# nobody\n\n", "no token"),
        ("alice s3cret\nbob\n", "line 2"),
        ("alice s3cret and more\n", "line 1"),
        ("al\u00efce s3cret\n", "line 1"),
        ("alice s3cr\u00e9t\n", "line 1"),
        ("\n\nalice sha256:s3cret\n", "line 3"),
        ("alice s3cret\nbob s3cret\n", "line 2"),
        (f"{'a' * 65} s3cret\n", "line 1"),
        (b"alice \xff\n", "UTF-8"),
    ],
)
def test_a_wrong_token_file_stops_the_start_and_is_not_quoted(tmp_path, content, expected):
    put(tmp_path / "tokens", content)
    with pytest.raises(ValueError, match=expected) as wrong:
        Tokens(tmp_path / "tokens")
    assert "s3c" not in str(wrong.value)


def test_certificates_of_the_server_are_renewed_and_a_half_written_pair_is_not_used(pki, authority, lines):
    with serving(pki, **server_files(pki)) as server:
        assert works(server.address, tls=querist.Tls(pki / "ca.pem"))
        successor = Authority()
        put(pki / "new.pem", successor.pem)
        certificate, key = successor.issue("localhost", "127.0.0.1")
        put(pki / "server.pem", certificate)  # the key is not there yet
        assert works(server.address, tls=querist.Tls(pki / "ca.pem"))
        assert works(server.address, tls=querist.Tls(pki / "ca.pem"))
        put(pki / "server.key", key[:100])
        assert works(server.address, tls=querist.Tls(pki / "ca.pem"))
        assert not works(server.address, tls=querist.Tls(pki / "new.pem"))
        put(pki / "server.key", key)
        assert works(server.address, tls=querist.Tls(pki / "new.pem"))
        assert not works(server.address, tls=querist.Tls(pki / "ca.pem"))
    problems = [record for record in lines.records if record.getMessage() == "certificates not renewed"]
    assert len(problems) == 1
    assert [record.getMessage() for record in lines.records].count("certificates renewed") == 1


def test_a_swapped_link_to_a_directory_is_followed_as_kubernetes_swaps_it(pki, authority):
    for generation, maker in (("one", authority), ("two", Authority())):
        (pki / generation).mkdir()
        Pair(pki / generation, "server", maker, "localhost", "127.0.0.1")
        put(pki / generation / "ca.pem", maker.pem)
    (pki / "..data").symlink_to("one")
    for name in ("server.pem", "server.key"):
        (pki / name).unlink()
        (pki / name).symlink_to(f"..data/{name}")
    with serving(pki, **server_files(pki)) as server:
        assert works(server.address, tls=querist.Tls(pki / "one" / "ca.pem"))
        (pki / "..new").symlink_to("two")
        (pki / "..new").rename(pki / "..data")
        assert works(server.address, tls=querist.Tls(pki / "two" / "ca.pem"))
        assert not works(server.address, tls=querist.Tls(pki / "one" / "ca.pem"))


def test_the_authority_of_callers_is_renewed_with_an_overlap(pki, authority):
    successor = Authority()
    Pair(pki, "late", successor, SPIFFE)
    put(pki / "callers.pem", authority.pem)
    files = {**server_files(pki), "tls_client_ca": pki / "callers.pem"}
    with serving(pki, **files) as server:
        assert works(server.address, tls=caller_files(pki))
        assert not works(server.address, tls=caller_files(pki, "late"))
        put(pki / "callers.pem", authority.pem + successor.pem)
        assert works(server.address, tls=caller_files(pki))
        assert works(server.address, tls=caller_files(pki, "late"))
        put(pki / "callers.pem", successor.pem)
        assert not works(server.address, tls=caller_files(pki))
        put(pki / "callers.pem", (authority.pem + successor.pem)[:-30])  # cut off: what held before holds
        assert not works(server.address, tls=caller_files(pki))
        assert works(server.address, tls=caller_files(pki, "late"))


def test_old_connections_are_let_go_after_a_while_without_harm(pki):
    def batches():
        for _ in range(15):
            time.sleep(0.2)
            yield np.full((10, 2), 0.5)

    security = {**server_files(pki), "max_connection_age_seconds": 1}
    with serving(pki, **security) as server, querist.connect(server.address, tls=querist.Tls(pki / "ca.pem")) as client:
        assert len(client.select(batches(), strategy="margin", count=1)) == 1  # longer than its connection's age
        assert client.info().limits


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"tls_certificate": "a"}, "both or neither"),
        ({"tls_private_key": "a"}, "both or neither"),
        ({"tls_client_ca": "a"}, "tls_client_ca needs"),
        ({"allowed_identities": ("a",)}, "allowed_identities needs"),
        ({"allowed_identities": ("a",), "tls_certificate": "a", "tls_private_key": "b"}, "allowed_identities needs"),
        ({"tls_certificate": "a", "tls_private_key": "b", "insecure": True}, "insecure contradicts"),
        ({"tls_certificate": "a", "tls_private_key": "b", "addresses": ("unix:/tmp/a",)}, "there is none"),
        ({"socket_mode": "060"}, "socket_mode"),
        ({"socket_mode": "8"}, "socket_mode"),
    ],
)
def test_settings_that_contradict_each_other_stop_the_start(wrong, expected):
    with pytest.raises(settings.SettingsError, match=expected):
        settings.load(wrong)


@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        ("no key", "tls_private_key .* cannot be read: No such file"),
        ("another key", "tls_private_key .* is not the unencrypted key of tls_certificate"),
        ("half a certificate", "tls_certificate .* is no complete PEM file: 1 certificates begin in it and 0 end"),
        ("half an authority", "tls_client_ca .* is no complete PEM file"),
        ("damaged authority", "tls_client_ca .* holds a damaged certificate"),
        ("token", "token_file .*, line 1: not a name"),
    ],
)
async def test_files_that_cannot_be_used_stop_the_start(pki, authority, flaw, expected):
    put(pki / "tokens", "the-s3cret\n" if flaw == "token" else "alice s3cret\n")
    if flaw == "no key":
        (pki / "server.key").unlink()
    elif flaw == "another key":
        put(pki / "server.key", authority.issue("localhost")[1])
    elif flaw == "half a certificate":
        put(pki / "server.pem", (pki / "server.pem").read_bytes()[:300])
    elif flaw == "half an authority":
        put(pki / "ca.pem", authority.pem + authority.pem[:300])
    elif flaw == "damaged authority":
        put(pki / "ca.pem", authority.pem[:200] + authority.pem[210:])
    chosen = settings.load({**server_files(pki, mutual=True), "token_file": pki / "tokens", "addresses": ("127.0.0.1:0",)}, {})
    with pytest.raises(UnusableFileError, match=expected) as unusable:
        await app.build_server(chosen)
    assert "s3cret" not in str(unusable.value)


async def test_a_public_address_needs_tls_or_a_word():
    server = grpc.aio.server()
    with pytest.raises(listening.ListenError, match=r"--tls-certificate and --tls-private-key, or say --insecure"):
        listening.listen(server, ["0.0.0.0:0"], insecure=False)
    await server.stop(None)


def test_limits_that_are_no_whole_numbers_in_the_settings_arrive_as_numbers(tmp_path):
    with serving(tmp_path, max_score_cells=1e6) as server, querist.connect(server.address) as client:
        draws = np.random.default_rng(1)
        labelled = {"embeddings": draws.normal(size=(20, 4)), "classes": np.arange(20) % 10}
        with pytest.raises(querist.errors.LimitExceededError) as refused:
            client.select(
                np.full((400, 10), 0.1), strategy="parzen_eer", count=5, embeddings=draws.normal(size=(400, 4)), labelled=labelled
            )
    assert refused.value.limit == "max_score_cells"
    assert refused.value.allowed == 1_000_000
