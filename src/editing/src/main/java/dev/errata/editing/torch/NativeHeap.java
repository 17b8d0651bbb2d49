package dev.errata.editing.torch;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** The memory that native libraries take beside the Java heap. */
public final class NativeHeap {
  private static final String COMMANDS = "com.sun.management:type=DiagnosticCommand";
  private static final String TRIM = "systemTrimNativeHeap";

  private NativeHeap() {}

  /**
   * Gives freed memory back to the system, which the C library otherwise keeps where pieces of it
   * lie between others: behind a stage that had many tensors a gigabyte and more.
   *
   * @return whether it was done; not by a JVM that lacks {@code System.trim_native_heap}
   */
  public static boolean trim() {
    try {
      ManagementFactory.getPlatformMBeanServer()
          .invoke(new ObjectName(COMMANDS), TRIM, new Object[0], new String[0]);
      return true;
    } catch (JMException e) {
      // Older JVMs lack the command, and results are the same without it.
      return false;
    }
  }
}
