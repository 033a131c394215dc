// Ranks a pool as one message and as a stream, reads a refusal, meets a deadline, and asks over two rounds whether to go on.
// usage: rank ADDRESS
#include <cstdlib>
#include <iostream>

#include "querist.h"

namespace {

namespace v1 = querist::v1;
constexpr std::int64_t kClasses = 3;
constexpr querist::Seconds kMinute(60);

// Stands for what a model says of the instances from low on: exact numbers that sum to 1.
std::vector<float> predictions(std::int64_t low, std::int64_t high) {
  std::vector<float> values;
  for (std::int64_t index = low; index < high; ++index) {
    const std::int64_t first = 37 * index % 65;
    const std::int64_t second = 53 * index % (65 - first);
    for (const std::int64_t part : {first, second, 64 - first - second}) values.push_back(static_cast<float>(part) / 64);
  }
  return values;
}

v1::Tensor rows(const std::vector<float>& values) {
  return querist::tensor(values, {static_cast<std::int64_t>(values.size()) / kClasses, kClasses});
}

v1::SelectRequest request(const std::vector<float>& values) {
  v1::SelectRequest request;
  request.mutable_header()->set_strategy("margin");
  request.mutable_header()->set_count(10);
  request.mutable_header()->set_seed(-3);  // 2^64 - 3
  request.mutable_header()->set_random_share(0.2);
  *request.mutable_pool()->mutable_probabilities() = rows(values);
  return request;
}

void print(const char* way, const v1::Selected& selected) {
  std::cout << way;
  for (const auto index : selected.indices()) std::cout << ' ' << index;
}

void run(const std::string& address) {
  const char* token = std::getenv("QUERIST_TOKEN");
  querist::Client client(address, token == nullptr ? "" : token);
  const auto info = client.info(kMinute);
  const auto& limits = info.limits();
  std::cout << "server " << info.api_version() << " message " << limits.max_message_bytes() << " block " << limits.block_bytes() << '\n';

  print("unary", client.select(request(predictions(0, 1000)), kMinute).selected());

  const std::int64_t total = 300'000, step = limits.block_bytes() / (4 * kClasses);
  std::int64_t low = 0, scored = 0;
  const auto next = [&]() -> std::optional<v1::RowBlock> {
    if (low == total) return std::nullopt;
    v1::RowBlock block;
    block.set_first_row(low);
    const std::int64_t high = std::min(low + step, total);
    *block.mutable_rows()->mutable_probabilities() = rows(predictions(low, high));
    low = high;
    return block;
  };
  const auto streamed = client.select_stream(
      request({}).header(), next, [&](const v1::Progress& progress) { scored = progress.rows_scored(); }, kMinute);
  print("\nstream", streamed.selected());
  std::cout << " of " << streamed.statistics().rows() << " progress " << std::boolalpha << (scored > 0) << '\n';

  auto wrong = predictions(0, 5);
  wrong[2 * kClasses] = 1.5;
  try {
    client.select(request(wrong), kMinute);
  } catch (const querist::Error& refused) {
    std::cout << "refused " << querist::name(refused.code) << ' ' << refused.reason << ' ' << refused.metadata.at("field") << " row "
              << refused.metadata.at("row") << " fields " << refused.fields.at(0) << '\n';
  }

  try {
    client.select(request(predictions(0, 1000)), querist::Seconds(0));
  } catch (const querist::Error& late) {
    std::cout << "late " << querist::name(late.code) << '\n';
  }

  v1::CampaignRound round;
  round.set_campaign("example");
  round.set_labelled(40);
  round.set_unlabelled(1000);
  round.add_criteria()->mutable_budget()->set_labels(60);
  const auto first = client.advise_stop(round, kMinute);
  *round.mutable_state() = first.state();  // stored in between, unread
  round.set_labelled(60);
  round.set_unlabelled(980);
  const auto second = client.advise_stop(round, kMinute);
  std::cout << "rounds " << v1::Verdict_Name(first.stop().verdict()) << ' ' << v1::Verdict_Name(second.stop().verdict()) << " after "
            << second.stop().rounds() << '\n';
  std::cout << "retried " << client.retried() << '\n';
}

}  // namespace

int main(int count, char** arguments) {
  try {
    run(count > 1 ? arguments[1] : "127.0.0.1:50051");
  } catch (const querist::Error& error) {
    std::cerr << querist::name(error.code) << ' ' << error.reason << ": " << error.what() << '\n';
    return 1;
  }
}
