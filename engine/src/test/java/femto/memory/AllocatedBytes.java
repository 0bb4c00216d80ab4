package femto.memory;

import java.lang.reflect.Method;

/** What the tests of allocation look at. */
public final class AllocatedBytes {
  private AllocatedBytes() {}

  /**
   * How many bytes of the heap the calling thread has ever been given. By reflection, since the
   * module under test does not require jdk.management.
   *
   * @return bytes
   */
  public static long ofThisThread() throws ReflectiveOperationException {
    Object bean =
        Class.forName("java.lang.management.ManagementFactory")
            .getMethod("getThreadMXBean")
            .invoke(null);
    Method method =
        Class.forName("com.sun.management.ThreadMXBean")
            .getMethod("getCurrentThreadAllocatedBytes");
    return (long) method.invoke(bean);
  }
}
