package querist;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import querist.v1.TensorOuterClass.DataType;
import querist.v1.TensorOuterClass.Tensor;

/** Arrays as tensors. */
public final class Tensors {
  private Tensors() {}

  /** Packs numbers as raw bytes, the last index fastest. A ByteBuffer is big-endian unless it is told otherwise. */
  public static Tensor of(float[] values, long... shape) {
    ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(values);
    Tensor.Builder tensor = Tensor.newBuilder().setDtype(DataType.DATA_TYPE_FLOAT32).setData(ByteString.copyFrom(data));
    Arrays.stream(shape).forEach(tensor::addShape);
    return tensor.build();
  }
}
