import pytest
from querist_server import settings
from querist_server.quota import usable_cpus


def test_defaults_listen_on_loopback_only():
    assert settings.load({}).addresses == ("127.0.0.1:50051",)


def test_the_environment_is_read_and_flags_win(monkeypatch):
    monkeypatch.setenv("QUERIST_MAX_ROWS", "17")
    monkeypatch.setenv("QUERIST_WORKERS", "3")
    monkeypatch.setenv("QUERIST_ADDRESSES", '["unix:/tmp/a.sock", "localhost:1"]')
    chosen = settings.load({"workers": 5})
    assert (chosen.max_rows, chosen.workers, chosen.addresses) == (17, 5, ("unix:/tmp/a.sock", "localhost:1"))


def test_an_unknown_variable_stops_the_start_and_the_nearest_is_named():
    with pytest.raises(settings.SettingsError, match="QUERIST_MAX_ROW is unknown; did you mean QUERIST_MAX_ROWS"):
        settings.load({}, {"QUERIST_MAX_ROW": "1", "PATH": "x"})


def test_what_kubernetes_sets_for_a_service_of_this_name_is_no_setting():
    links = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_GRPC", "PORT", "PORT_50051_TCP", "PORT_50051_TCP_ADDR", "PORT_50051_TCP_PROTO")
    settings.load({}, {f"QUERIST_{name}": "tcp://10.0.0.1:50051" for name in links})
    with pytest.raises(settings.SettingsError):
        settings.load({}, {"QUERIST_PORTS": "1"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"workers": 0},
        {"max_classes": 1},
        {"max_message_bytes": 1},
        {"max_message_bytes": 2**31},
        {"addresses": ()},
        {"addresses": ("localhost",)},
        {"addresses": ("localhost:99999",)},
        {"log_level": "LOUD"},
        {"drain_seconds": -1},
        {"colour": "blue"},
    ],
)
def test_values_out_of_bounds_are_refused(wrong):
    with pytest.raises(settings.SettingsError, match=next(iter(wrong))):
        settings.load(wrong)


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        settings.load({}).workers = 3


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_workers_follow_the_cpu_quota(tmp_path, files, expected):
    unlimited = usable_cpus(tmp_path / "none")
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    assert usable_cpus(tmp_path) == (unlimited if expected is None else expected)
