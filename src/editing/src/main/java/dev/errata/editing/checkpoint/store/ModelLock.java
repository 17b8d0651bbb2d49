package dev.errata.editing.checkpoint.store;

import dev.errata.editing.checkpoint.IoProblems;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The right of one run to work on a model; it ends with {@link #close()} or with the process. */
public final class ModelLock implements AutoCloseable {
  private final String model;
  private final OwnerLock lock;

  private ModelLock(String model, OwnerLock lock) {
    this.model = model;
    this.lock = lock;
  }

  static ModelLock acquire(Layout layout, String model) {
    Path file = layout.runLock(model);
    try {
      Optional<OwnerLock> lock = OwnerLock.tryAcquire(file, false);
      if (lock.isPresent()) {
        return new ModelLock(model, lock.get());
      }
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
    throw new ConflictException(
        "model '"
            + model
            + "' is in use by another run ("
            + OwnerLock.ownerOf(file)
            + "); wait for it or stop it");
  }

  @Override
  public String toString() {
    return "lock of model '" + model + "'";
  }

  @Override
  public void close() {
    lock.close();
  }
}
