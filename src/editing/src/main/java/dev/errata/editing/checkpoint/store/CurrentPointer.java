package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.UnaryOperator;

/** The one thing of a model that changes: which version is current. */
final class CurrentPointer {
  /** The system's file locks do not exclude threads of one process from each other. */
  private static final Object PROCESS = new Object();

  private CurrentPointer() {}

  /** Replaces {@code model.json} by what an operator makes of it; nobody else does meanwhile. */
  static Model update(Layout layout, String name, UnaryOperator<Model> change) {
    Path file = layout.modelFile(name);
    synchronized (PROCESS) {
      try (FileChannel channel =
              FileChannel.open(
                  layout.currentLock(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        Model before = Layout.readModel(file);
        Model after = change.apply(before);
        if (lock.isValid() && !after.equals(before)) {
          StorageFiles.write(file, Layout.bytes(after));
        }
        return after;
      } catch (IOException e) {
        throw IoProblems.of(file, e);
      }
    }
  }
}
