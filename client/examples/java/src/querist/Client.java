package querist;

import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import querist.v1.Advice.CampaignRound;
import querist.v1.PoolOuterClass.Pool;
import querist.v1.SelectionServiceGrpc;
import querist.v1.SelectionServiceOuterClass.AdviseStopRequest;
import querist.v1.SelectionServiceOuterClass.AdviseStopResponse;
import querist.v1.SelectionServiceOuterClass.Progress;
import querist.v1.SelectionServiceOuterClass.RowBlock;
import querist.v1.SelectionServiceOuterClass.SelectHeader;
import querist.v1.SelectionServiceOuterClass.SelectRequest;
import querist.v1.SelectionServiceOuterClass.SelectResponse;
import querist.v1.SelectionServiceOuterClass.SelectStreamRequest;
import querist.v1.SelectionServiceOuterClass.SelectStreamResponse;
import querist.v1.SelectionServiceOuterClass.Selected;
import querist.v1.SystemServiceGrpc;
import querist.v1.SystemServiceOuterClass.GetServerInfoRequest;
import querist.v1.SystemServiceOuterClass.GetServerInfoResponse;

/** A small client of Querist on generated stubs: connection, deadlines, retries, errors. */
public final class Client implements AutoCloseable {
  /** What this client takes in one message. gRPC itself takes 4 MiB; the server's limit is ServerLimits.max_message_bytes. */
  private static final int MOST_BYTES = 16 << 20;

  private static final int RETRIES = 3;

  final ManagedChannel channel;
  private final String token;
  private int retried;

  /** Connects to host:port. A token that is not null is sent with every call; encrypted says whether to speak TLS. */
  public Client(String address, String token, boolean encrypted) {
    NettyChannelBuilder builder = NettyChannelBuilder.forTarget(address).maxInboundMessageSize(MOST_BYTES);
    this.channel = (encrypted ? builder.useTransportSecurity() : builder.usePlaintext()).build();
    this.token = token;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  /** How often a call was sent again. */
  public int retried() {
    return retried;
  }

  public GetServerInfoResponse info(Duration timeout) {
    SystemServiceGrpc.SystemServiceBlockingStub stub = prepared(SystemServiceGrpc.newBlockingStub(channel), timeout);
    return retrying(stub, () -> stub.getServerInfo(GetServerInfoRequest.getDefaultInstance()));
  }

  /** Ranks a pool that fits one message. */
  public SelectResponse select(SelectHeader header, Pool pool, Duration timeout) {
    SelectRequest request = SelectRequest.newBuilder().setHeader(header).setPool(pool).build();
    SelectionServiceGrpc.SelectionServiceBlockingStub stub = prepared(SelectionServiceGrpc.newBlockingStub(channel), timeout);
    return retrying(stub, () -> stub.select(request));
  }

  /** Says whether labelling should go on. Store the state of the answer, and send it with the next round. */
  public AdviseStopResponse adviseStop(CampaignRound round, Duration timeout) {
    AdviseStopRequest request = AdviseStopRequest.newBuilder().setCampaign(round).build();
    SelectionServiceGrpc.SelectionServiceBlockingStub stub = prepared(SelectionServiceGrpc.newBlockingStub(channel), timeout);
    return retrying(stub, () -> stub.adviseStop(request));
  }

  /** Ranks a pool that comes as blocks of rows, about 2 MiB each. */
  public SelectResponse selectStream(SelectHeader header, Iterator<RowBlock> blocks, Consumer<Progress> progress, Duration timeout) {
    Selecting selecting = new Selecting(header, blocks, progress);
    prepared(SelectionServiceGrpc.newStub(channel), timeout).selectStream(selecting);
    try {
      return selecting.result.join();
    } catch (CompletionException failed) {
      throw failed.getCause() instanceof StatusRuntimeException ? new QueristException(failed.getCause()) : failed;
    }
  }

  /** Adds the deadline, which is the only timeout, and the token. */
  <S extends AbstractStub<S>> S prepared(S stub, Duration timeout) {
    S timed = stub.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    if (token == null) {
      return timed;
    }
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return timed.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  /** Calls until it works, the reason does not pass, or there is no time or attempt left. All attempts share the stub's deadline. */
  private <T> T retrying(AbstractStub<?> stub, Supplier<T> call) {
    Deadline deadline = stub.getCallOptions().getDeadline();
    for (int attempt = 0; ; attempt++) {
      try {
        return call.get();
      } catch (StatusRuntimeException failed) {
        QueristException error = new QueristException(failed);
        long backoff = (long) ((100L << attempt) * ThreadLocalRandom.current().nextDouble(0.5, 1));
        long wait = Math.max(error.retryAfter.toMillis(), backoff);
        if (!error.passing() || attempt == RETRIES || deadline.timeRemaining(TimeUnit.MILLISECONDS) < wait) {
          throw error;
        }
        sleep(wait, error);
        retried++;
      }
    }
  }

  private static void sleep(long milliseconds, QueristException error) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw error;
    }
  }

  /** One streamed selection. It writes whenever the transport has room, while answers are read. */
  private static final class Selecting implements ClientResponseObserver<SelectStreamRequest, SelectStreamResponse> {
    final CompletableFuture<SelectResponse> result = new CompletableFuture<>();
    private final SelectHeader header;
    private final Iterator<RowBlock> blocks;
    private final Consumer<Progress> progress;
    private final Selected.Builder selected = Selected.newBuilder();
    private boolean begun;
    private boolean done;

    Selecting(SelectHeader header, Iterator<RowBlock> blocks, Consumer<Progress> progress) {
      this.header = header;
      this.blocks = blocks;
      this.progress = progress;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<SelectStreamRequest> call) {
      call.setOnReadyHandler(() -> write(call));
    }

    private void write(ClientCallStreamObserver<SelectStreamRequest> call) {
      try {
        while (call.isReady() && !done) {
          if (!begun) {
            begun = true;
            call.onNext(SelectStreamRequest.newBuilder().setHeader(header).build());
          } else if (blocks.hasNext()) {
            call.onNext(SelectStreamRequest.newBuilder().setBlock(blocks.next()).build());
          } else {
            done = true;
            call.onCompleted();
          }
        }
      } catch (RuntimeException broken) { // the source of the blocks failed
        done = true;
        result.completeExceptionally(broken);
        call.cancel("the source of the rows failed", broken);
      }
    }

    @Override
    public void onNext(SelectStreamResponse answer) {
      switch (answer.getEventCase()) {
        case PROGRESS -> progress.accept(answer.getProgress());
        case SELECTED -> selected.mergeFrom(answer.getSelected()); // a piece of a selection too long for one message
        case RESULT -> {
          selected.mergeFrom(answer.getResult().getSelected());
          result.complete(answer.getResult().toBuilder().setSelected(selected).build());
        }
        default -> {} // scores of the whole pool, which this client does not ask for
      }
    }

    @Override
    public void onError(Throwable failed) {
      result.completeExceptionally(failed);
    }

    @Override
    public void onCompleted() {
      result.completeExceptionally(new IllegalStateException("the stream ended without a result")); // of no effect after a result
    }
  }
}
