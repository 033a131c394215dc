package querist;

import static java.util.stream.Collectors.joining;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import querist.v1.Advice.CampaignRound;
import querist.v1.Criteria.Budget;
import querist.v1.Criteria.Criterion;
import querist.v1.PoolOuterClass.Pool;
import querist.v1.SelectionServiceOuterClass.AdviseStopResponse;
import querist.v1.SelectionServiceOuterClass.RowBlock;
import querist.v1.SelectionServiceOuterClass.SelectHeader;
import querist.v1.SelectionServiceOuterClass.SelectResponse;
import querist.v1.SystemServiceOuterClass.GetServerInfoResponse;

/** Ranks a pool as one message and as a stream, reads a refusal, meets a deadline, and asks over two rounds whether to go on. */
public final class Rank {
  private static final int CLASSES = 3;
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final SelectHeader HEADER =
      SelectHeader.newBuilder()
          .setStrategy("margin")
          .setCount(10)
          .setSeed(-3) // 2^64 - 3: Java has no unsigned type
          .setRandomShare(0.2)
          .build();

  private Rank() {}

  /** Stands for what a model says of the instances from low on: exact numbers that sum to 1. */
  private static float[] predictions(long low, long high) {
    float[] values = new float[(int) (high - low) * CLASSES];
    int place = 0;
    for (long index = low; index < high; index++) {
      long first = 37 * index % 65;
      long second = 53 * index % (65 - first);
      for (long part : new long[] {first, second, 64 - first - second}) {
        values[place++] = part / 64f;
      }
    }
    return values;
  }

  private static Pool pool(float[] values) {
    return Pool.newBuilder().setProbabilities(Tensors.of(values, values.length / CLASSES, CLASSES)).build();
  }

  private static Iterator<RowBlock> blocks(long total, long rows) {
    return LongStream.iterate(0, low -> low < total, low -> low + rows)
        .mapToObj(low -> RowBlock.newBuilder().setFirstRow(low).setRows(pool(predictions(low, Math.min(low + rows, total)))).build())
        .iterator();
  }

  private static String numbers(List<Long> values) {
    return values.stream().map(String::valueOf).collect(joining(" "));
  }

  public static void main(String[] arguments) {
    String address = arguments.length > 0 ? arguments[0] : "127.0.0.1:50051";
    try (Client client = new Client(address, System.getenv("QUERIST_TOKEN"), false)) {
      GetServerInfoResponse info = client.info(MINUTE);
      long message = info.getLimits().getMaxMessageBytes();
      long block = info.getLimits().getBlockBytes();
      System.out.printf("server %s message %d block %d%n", info.getApiVersion(), message, block);

      SelectResponse unary = client.select(HEADER, pool(predictions(0, 1000)), MINUTE);
      System.out.println("unary " + numbers(unary.getSelected().getIndicesList()));

      long[] scored = {0};
      Iterator<RowBlock> blocks = blocks(300_000, block / (4 * CLASSES));
      SelectResponse streamed = client.selectStream(HEADER, blocks, progress -> scored[0] = progress.getRowsScored(), MINUTE);
      String chosen = numbers(streamed.getSelected().getIndicesList());
      System.out.printf("stream %s of %d progress %b%n", chosen, streamed.getStatistics().getRows(), scored[0] > 0);

      float[] wrong = predictions(0, 5);
      wrong[2 * CLASSES] = 1.5f;
      try {
        client.select(HEADER, pool(wrong), MINUTE);
      } catch (QueristException refused) {
        String field = refused.metadata.get("field");
        String row = refused.metadata.get("row");
        System.out.printf("refused %s %s %s row %s fields %s%n", refused.code, refused.reason, field, row, String.join(",", refused.fields));
      }

      try {
        client.select(HEADER, pool(predictions(0, 1000)), Duration.ZERO);
      } catch (QueristException late) {
        System.out.println("late " + late.code);
      }

      Criterion budget = Criterion.newBuilder().setBudget(Budget.newBuilder().setLabels(60)).build();
      CampaignRound round =
          CampaignRound.newBuilder().setCampaign("example").setLabelled(40).setUnlabelled(1000).addCriteria(budget).build();
      AdviseStopResponse first = client.adviseStop(round, MINUTE);
      CampaignRound next = round.toBuilder().setState(first.getState()).setLabelled(60).setUnlabelled(980).build(); // stored in between, unread
      AdviseStopResponse second = client.adviseStop(next, MINUTE);
      System.out.printf("rounds %s %s after %d%n", first.getStop().getVerdict(), second.getStop().getVerdict(), second.getStop().getRounds());
      System.out.println("retried " + client.retried());
    }
  }
}
