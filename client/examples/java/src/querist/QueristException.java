package querist;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A call that failed: its code and reason (see ErrorReason), what is at fault, and after how long to try again. */
public final class QueristException extends RuntimeException {
  public final Status.Code code;
  public final String reason;
  public final Map<String, String> metadata;
  public final List<String> fields;
  public final Duration retryAfter;

  QueristException(Throwable failed) {
    super(failed.getMessage(), failed);
    String reason = "";
    Map<String, String> metadata = Map.of();
    List<String> fields = new ArrayList<>();
    Duration retryAfter = Duration.ZERO;
    com.google.rpc.Status status = StatusProto.fromThrowable(failed);
    try {
      for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          ErrorInfo info = detail.unpack(ErrorInfo.class);
          reason = info.getReason();
          metadata = info.getMetadataMap();
        } else if (detail.is(BadRequest.class)) {
          detail.unpack(BadRequest.class).getFieldViolationsList().forEach(violation -> fields.add(violation.getField()));
        } else if (detail.is(RetryInfo.class)) {
          com.google.protobuf.Duration delay = detail.unpack(RetryInfo.class).getRetryDelay();
          retryAfter = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
        }
      }
    } catch (InvalidProtocolBufferException unreadable) {
      addSuppressed(unreadable); // the code and the sentence are still there
    }
    this.code = Status.fromThrowable(failed).getCode();
    this.reason = reason;
    this.metadata = metadata;
    this.fields = List.copyOf(fields);
    this.retryAfter = retryAfter;
  }

  /** Whether trying again helps: overload and a stopping server pass, a limit that was exceeded does not. */
  public boolean passing() {
    return code == Status.Code.UNAVAILABLE || code == Status.Code.RESOURCE_EXHAUSTED && !reason.equals("LIMIT_EXCEEDED");
  }
}
