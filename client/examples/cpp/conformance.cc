// Replays the conformance files: sends what each holds and compares what comes back, numbers to the last bit.
// usage: conformance ADDRESS FILE...
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "querist.h"

namespace {

namespace pb = google::protobuf;
namespace v1 = querist::v1;
using Content = pb::Map<std::string, pb::Value>;  // numbers in it are doubles: 64-bit integers stand in the files as text

void check(const pb::util::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

template <class Message>
std::vector<Message> parse(const Content& known, const char* name) {
  std::vector<Message> messages;
  const auto found = known.find(name);
  if (found == known.end()) return messages;
  for (const auto& value : found->second.list_value().values()) {
    std::string text;
    check(pb::util::MessageToJsonString(value, &text));
    check(pb::util::JsonStringToMessage(text, &messages.emplace_back()));
  }
  return messages;
}

// Clears a field, in each entry of a repeated one above it.
void clear(pb::Message& message, const std::string& path) {
  const auto* reflection = message.GetReflection();
  const std::size_t dot = path.find('.');
  const auto* field = message.GetDescriptor()->FindFieldByName(path.substr(0, dot));
  if (dot == std::string::npos) {
    reflection->ClearField(&message, field);
  } else if (field->is_repeated()) {
    for (int index = 0; index < reflection->FieldSize(message, field); ++index) {
      clear(*reflection->MutableRepeatedMessage(&message, field, index), path.substr(dot + 1));
    }
  } else if (reflection->HasField(message, field)) {
    clear(*reflection->MutableMessage(&message, field), path.substr(dot + 1));
  }
}

bool equal(const pb::Message& one, const pb::Message& other) {
  pb::util::DefaultFieldComparator comparator;  // exact, but for NaN
  comparator.set_treat_nan_as_equal(true);
  pb::util::MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  return differencer.Compare(one, other);
}

bool told(const querist::Error& error, const Content& known) {
  if (known.count("error") == 0) return false;
  const auto& expected = known.at("error").struct_value().fields();
  std::map<std::string, std::string> metadata;
  for (const auto& [name, value] : expected.at("metadata").struct_value().fields()) metadata[name] = value.string_value();
  std::vector<std::string> fields;
  for (const auto& value : expected.at("fields").list_value().values()) fields.push_back(value.string_value());
  return querist::name(error.code) == expected.at("code").string_value() && error.reason == expected.at("reason").string_value() &&
         error.metadata == metadata && error.fields == fields;
}

// Compares what came with what the file expects; of a stream without what is empty once the ignored fields are cleared.
template <class Response>
bool compare(std::vector<Response> responses, const Content& known, bool streamed) {
  std::vector<Response> kept;
  for (Response& response : responses) {
    for (const auto& path : known.at("ignored").list_value().values()) clear(response, path.string_value());
    if (!streamed || response.ByteSizeLong() > 0) kept.push_back(response);
  }
  const auto expected = parse<Response>(known, "responses");
  return known.count("error") == 0 && std::equal(kept.begin(), kept.end(), expected.begin(), expected.end(), equal);
}

class Replay {
 public:
  Replay(querist::Client& client, const Content& known) : client_(client), known_(known) {
    client.prepare(context_, std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  template <class Stub, class Request, class Response>
  bool unary(const Stub& stub, grpc::Status (Stub::element_type::*call)(grpc::ClientContext*, const Request&, Response*)) {
    Response response;
    const grpc::Status status = ((*stub).*call)(&context_, parse<Request>(known_, "requests").at(0), &response);
    return status.ok() ? compare<Response>({response}, known_, false) : told(querist::Error(status), known_);
  }

  template <class Request, class Response>
  bool stream(std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> call) {
    for (const Request& request : parse<Request>(known_, "requests")) {
      if (!call->Write(request)) break;  // the reason comes with Finish
    }
    call->WritesDone();
    std::vector<Response> responses;
    for (Response response; call->Read(&response);) responses.push_back(response);
    const grpc::Status status = call->Finish();
    return status.ok() ? compare(std::move(responses), known_, true) : told(querist::Error(status), known_);
  }

  bool run() {
    using Selection = v1::SelectionService::Stub;
    const std::string method = known_.at("method").string_value();
    const std::string call = method.substr(method.find('/') + 1);
    if (call == "Select") return unary(client_.selection, &Selection::Select);
    if (call == "AdviseStop") return unary(client_.selection, &Selection::AdviseStop);
    if (call == "SelectStream") return stream(client_.selection->SelectStream(&context_));
    if (call == "AssessAnnotations") return stream(client_.annotation->AssessAnnotations(&context_));
    if (call == "AssignAnnotators") return unary(client_.annotation, &v1::AnnotationService::Stub::AssignAnnotators);
    if (call == "GetServerInfo") return unary(client_.system, &v1::SystemService::Stub::GetServerInfo);
    if (call == "ListStrategies") return unary(client_.system, &v1::SystemService::Stub::ListStrategies);
    throw std::runtime_error("no such method: " + method);
  }

 private:
  querist::Client& client_;
  const Content& known_;
  grpc::ClientContext context_;
};

}  // namespace

int main(int count, char** arguments) {
  const char* token = std::getenv("QUERIST_TOKEN");
  querist::Client client(arguments[1], token == nullptr ? "" : token);
  bool failed = false;
  for (int place = 2; place < count; ++place) {
    std::stringstream text;
    text << std::ifstream(arguments[place]).rdbuf();
    pb::Struct content;
    check(pb::util::JsonStringToMessage(text.str(), &content));
    const bool same = Replay(client, content.fields()).run();
    std::cout << (same ? "same " : "DIFFERENT ") << content.fields().at("name").string_value() << '\n';
    failed = failed || !same;
  }
  return failed ? 1 : 0;
}
