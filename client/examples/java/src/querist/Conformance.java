package querist;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import querist.v1.AnnotationServiceGrpc;
import querist.v1.SelectionServiceGrpc;
import querist.v1.SystemServiceGrpc;

/** Replays the conformance files: sends what each holds and compares what comes back, numbers to the last bit. Arguments: ADDRESS FILE... */
public final class Conformance {
  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          SelectionServiceGrpc.getServiceDescriptor(),
          AnnotationServiceGrpc.getServiceDescriptor(),
          SystemServiceGrpc.getServiceDescriptor());

  private Conformance() {}

  @SuppressWarnings("unchecked") // every message type of a proto service is a Message
  private static MethodDescriptor<Message, Message> method(String name) {
    return (MethodDescriptor<Message, Message>)
        SERVICES.stream()
            .flatMap(service -> service.getMethods().stream())
            .filter(method -> method.getFullMethodName().equals(name))
            .findFirst()
            .orElseThrow();
  }

  private static List<Message> parse(MethodDescriptor.Marshaller<Message> marshaller, JsonArray texts) throws InvalidProtocolBufferException {
    Message kind = ((MethodDescriptor.PrototypeMarshaller<Message>) marshaller).getMessagePrototype();
    List<Message> messages = new ArrayList<>();
    for (JsonElement text : texts) {
      Message.Builder message = kind.newBuilderForType();
      JsonFormat.parser().merge(text.toString(), message);
      messages.add(message.build());
    }
    return messages;
  }

  /** Clears a field, in each entry of a repeated one above it. */
  private static void clear(Message.Builder message, List<String> path) {
    FieldDescriptor field = message.getDescriptorForType().findFieldByName(path.get(0));
    List<String> below = path.subList(1, path.size());
    if (below.isEmpty()) {
      message.clearField(field);
    } else if (field.isRepeated()) {
      for (int index = 0; index < message.getRepeatedFieldCount(field); index++) {
        Message.Builder entry = ((Message) message.getRepeatedField(field, index)).toBuilder();
        clear(entry, below);
        message.setRepeatedField(field, index, entry.build());
      }
    } else if (message.hasField(field)) {
      Message.Builder inner = ((Message) message.getField(field)).toBuilder();
      clear(inner, below);
      message.setField(field, inner.build());
    }
  }

  /** Makes a call of any kind and returns all answers. */
  private static List<Message> call(Client client, MethodDescriptor<Message, Message> method, List<Message> requests) {
    List<Message> answers = new ArrayList<>();
    CompletableFuture<List<Message>> done = new CompletableFuture<>();
    StreamObserver<Message> observer =
        new StreamObserver<>() {
          @Override
          public void onNext(Message answer) {
            answers.add(answer);
          }

          @Override
          public void onError(Throwable failed) {
            done.completeExceptionally(failed);
          }

          @Override
          public void onCompleted() {
            done.complete(answers);
          }
        };
    var open = client.channel.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS));
    if (method.getType() == MethodDescriptor.MethodType.UNARY) {
      ClientCalls.asyncUnaryCall(open, requests.get(0), observer);
    } else {
      StreamObserver<Message> up = ClientCalls.asyncBidiStreamingCall(open, observer);
      requests.forEach(up::onNext);
      up.onCompleted();
    }
    try {
      return done.join();
    } catch (CompletionException failed) {
      throw new QueristException(failed.getCause());
    }
  }

  private static JsonObject told(QueristException error) {
    JsonObject told = new JsonObject();
    told.addProperty("code", error.code.name());
    told.addProperty("reason", error.reason);
    JsonObject metadata = new JsonObject();
    error.metadata.forEach(metadata::addProperty);
    told.add("metadata", metadata);
    JsonArray fields = new JsonArray();
    error.fields.forEach(fields::add);
    told.add("fields", fields);
    return told;
  }

  private static boolean same(Client client, JsonObject known) throws InvalidProtocolBufferException {
    MethodDescriptor<Message, Message> method = method(known.get("method").getAsString());
    List<Message> kept = new ArrayList<>();
    try {
      for (Message answer : call(client, method, parse(method.getRequestMarshaller(), known.getAsJsonArray("requests")))) {
        Message.Builder compared = answer.toBuilder();
        known.getAsJsonArray("ignored").forEach(path -> clear(compared, Arrays.asList(path.getAsString().split("\\."))));
        if (method.getType() == MethodDescriptor.MethodType.UNARY || compared.build().getSerializedSize() > 0) {
          kept.add(compared.build());
        }
      }
    } catch (QueristException failed) {
      return told(failed).equals(known.get("error"));
    }
    return !known.has("error") && kept.equals(parse(method.getResponseMarshaller(), known.getAsJsonArray("responses")));
  }

  public static void main(String[] arguments) throws IOException {
    int failed = 0;
    try (Client client = new Client(arguments[0], System.getenv("QUERIST_TOKEN"), false)) {
      for (String file : Arrays.asList(arguments).subList(1, arguments.length)) {
        JsonObject known = JsonParser.parseString(Files.readString(Path.of(file))).getAsJsonObject();
        boolean same = same(client, known);
        System.out.println((same ? "same " : "DIFFERENT ") + known.get("name").getAsString());
        failed += same ? 0 : 1;
      }
    }
    System.exit(failed == 0 ? 0 : 1);
  }
}
