// A small client of Querist on generated stubs: connection, tensors, deadlines, retries, errors.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "querist/v1/annotation_service.grpc.pb.h"
#include "querist/v1/selection_service.grpc.pb.h"
#include "querist/v1/system_service.grpc.pb.h"

namespace querist {

using Seconds = std::chrono::duration<double>;

// A call that failed: its code and reason (see ErrorReason), what is at fault, and after how long to try again.
class Error : public std::runtime_error {
 public:
  explicit Error(const grpc::Status& status);

  // Whether trying again helps: overload and a stopping server pass, a limit that was exceeded does not.
  bool passing() const;

  grpc::StatusCode code;
  std::string reason;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> fields;
  Seconds retry_after{0};
};

// The code's name as the protocol spells it.
std::string name(grpc::StatusCode code);

// Packs numbers as FLOAT32: raw bytes, little-endian whatever the machine is, the last index fastest.
v1::Tensor tensor(const std::vector<float>& values, const std::vector<std::int64_t>& shape);

class Client {
 public:
  // Connects to host:port or unix:/path. A token is sent with every call.
  explicit Client(const std::string& address, std::string token = "",
                  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials());

  v1::GetServerInfoResponse info(Seconds timeout);

  // Ranks a pool that fits one message.
  v1::SelectResponse select(const v1::SelectRequest& request, Seconds timeout);

  // Says whether labelling should go on. Store the state of the answer, and send it with the next round.
  v1::AdviseStopResponse advise_stop(const v1::CampaignRound& round, Seconds timeout);

  // Ranks a pool that comes in blocks, about 2 MiB each, until there is none. Blocks are asked for on a thread of their own.
  v1::SelectResponse select_stream(const v1::SelectHeader& header, const std::function<std::optional<v1::RowBlock>()>& next,
                                   const std::function<void(const v1::Progress&)>& progress, Seconds timeout);

  // Gives a call its deadline, which is the only timeout, and the token.
  void prepare(grpc::ClientContext& context, std::chrono::system_clock::time_point deadline) const;

  int retried() const { return retried_; }

  std::unique_ptr<v1::SelectionService::Stub> selection;
  std::unique_ptr<v1::AnnotationService::Stub> annotation;
  std::unique_ptr<v1::SystemService::Stub> system;

 private:
  template <class Response>
  Response retrying(Seconds timeout, const std::function<grpc::Status(grpc::ClientContext*, Response*)>& call);

  std::string token_;
  int retried_ = 0;
};

}  // namespace querist
