#include "querist.h"

#include <cstring>
#include <random>
#include <thread>

#include "google/rpc/code.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace querist {
namespace {

// What this client takes in one message. gRPC itself takes 4 MiB; the server's limit is ServerLimits.max_message_bytes.
constexpr int kMostBytes = 16 << 20;
constexpr int kRetries = 3;

std::chrono::system_clock::time_point after(Seconds timeout) {
  return std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout);
}

}  // namespace

Error::Error(const grpc::Status& status) : std::runtime_error(status.error_message()), code(status.error_code()) {
  google::rpc::Status told;  // the content of the trailing metadata "grpc-status-details-bin"
  if (!told.ParseFromString(status.error_details())) return;
  for (const auto& detail : told.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) {
      reason = info.reason();
      metadata.insert(info.metadata().begin(), info.metadata().end());
    } else if (detail.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
    } else if (detail.UnpackTo(&retry)) {
      retry_after = Seconds(retry.retry_delay().seconds() + retry.retry_delay().nanos() * 1e-9);
    }
  }
}

bool Error::passing() const {
  return code == grpc::UNAVAILABLE || (code == grpc::RESOURCE_EXHAUSTED && reason != "LIMIT_EXCEEDED");
}

std::string name(grpc::StatusCode code) { return google::rpc::Code_Name(static_cast<google::rpc::Code>(code)); }

v1::Tensor tensor(const std::vector<float>& values, const std::vector<std::int64_t>& shape) {
  v1::Tensor tensor;
  tensor.set_dtype(v1::DATA_TYPE_FLOAT32);
  tensor.mutable_shape()->Assign(shape.begin(), shape.end());
  std::string& data = *tensor.mutable_data();
  data.resize(4 * values.size());
  for (std::size_t index = 0; index < values.size(); ++index) {
    std::uint32_t bits;
    std::memcpy(&bits, &values[index], 4);
    for (int byte = 0; byte < 4; ++byte) data[4 * index + byte] = static_cast<char>(bits >> 8 * byte & 0xff);
  }
  return tensor;
}

Client::Client(const std::string& address, std::string token, std::shared_ptr<grpc::ChannelCredentials> credentials)
    : token_(std::move(token)) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMostBytes);
  arguments.SetMaxSendMessageSize(kMostBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // they leave out requests above 256 KiB without a word
  const auto channel = grpc::CreateCustomChannel(address, credentials, arguments);
  selection = v1::SelectionService::NewStub(channel);
  annotation = v1::AnnotationService::NewStub(channel);
  system = v1::SystemService::NewStub(channel);
}

void Client::prepare(grpc::ClientContext& context, std::chrono::system_clock::time_point deadline) const {
  context.set_deadline(deadline);
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
}

// Calls until it works, the reason does not pass, or there is no time or attempt left. All attempts share one deadline.
template <class Response>
Response Client::retrying(Seconds timeout, const std::function<grpc::Status(grpc::ClientContext*, Response*)>& call) {
  static thread_local std::mt19937 random{std::random_device{}()};
  const auto deadline = after(timeout);
  for (int attempt = 0;; ++attempt) {
    grpc::ClientContext context;  // one for each attempt
    prepare(context, deadline);
    Response response;
    const grpc::Status status = call(&context, &response);
    if (status.ok()) return response;
    const Error error(status);
    const Seconds backoff(0.1 * (1 << attempt) * std::uniform_real_distribution<>(0.5, 1)(random));
    const Seconds wait = std::max(backoff, error.retry_after);
    if (!error.passing() || attempt == kRetries || after(wait) > deadline) throw error;
    std::this_thread::sleep_for(wait);
    ++retried_;
  }
}

v1::GetServerInfoResponse Client::info(Seconds timeout) {
  return retrying<v1::GetServerInfoResponse>(
      timeout, [&](auto* context, auto* response) { return system->GetServerInfo(context, v1::GetServerInfoRequest(), response); });
}

v1::SelectResponse Client::select(const v1::SelectRequest& request, Seconds timeout) {
  return retrying<v1::SelectResponse>(timeout,
                                      [&](auto* context, auto* response) { return selection->Select(context, request, response); });
}

v1::AdviseStopResponse Client::advise_stop(const v1::CampaignRound& round, Seconds timeout) {
  v1::AdviseStopRequest request;
  *request.mutable_campaign() = round;
  return retrying<v1::AdviseStopResponse>(
      timeout, [&](auto* context, auto* response) { return selection->AdviseStop(context, request, response); });
}

v1::SelectResponse Client::select_stream(const v1::SelectHeader& header, const std::function<std::optional<v1::RowBlock>()>& next,
                                         const std::function<void(const v1::Progress&)>& progress, Seconds timeout) {
  grpc::ClientContext context;
  prepare(context, after(timeout));
  const auto stream = selection->SelectStream(&context);
  std::exception_ptr broken;
  std::thread writer([&] {
    try {
      v1::SelectStreamRequest message;
      *message.mutable_header() = header;
      while (stream->Write(message)) {  // waits while the server has no room; false once the call has ended
        std::optional<v1::RowBlock> block = next();
        if (!block) {
          stream->WritesDone();
          return;
        }
        *message.mutable_block() = std::move(*block);
      }
    } catch (...) {
      broken = std::current_exception();  // the source of the blocks failed
      context.TryCancel();
    }
  });
  v1::SelectStreamResponse answer;
  v1::SelectResponse result;
  v1::Selected selected;
  while (stream->Read(&answer)) {
    if (answer.has_progress()) progress(answer.progress());
    if (answer.has_selected()) selected.MergeFrom(answer.selected());  // a piece of a selection too long for one message
    if (answer.has_result()) result = answer.result();
  }
  writer.join();
  const grpc::Status status = stream->Finish();
  if (broken) std::rethrow_exception(broken);
  if (!status.ok()) throw Error(status);
  selected.MergeFrom(result.selected());
  *result.mutable_selected() = std::move(selected);
  return result;
}

}  // namespace querist
