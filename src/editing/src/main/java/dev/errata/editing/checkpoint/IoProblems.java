package dev.errata.editing.checkpoint;

import dev.errata.api.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Locale;

/** Tells the input/output errors that a person can mend from those that nobody expects. */
public final class IoProblems {
  private IoProblems() {}

  /**
   * The exception to throw for an error on a file.
   *
   * @return an {@link InputException} for a full disk, a read-only file system, missing rights or a
   *     missing file; an {@link UncheckedIOException} otherwise
   */
  public static RuntimeException of(Path path, IOException error) {
    if (RemoteFiles.isRemote(path)) {
      return RemoteProblems.of(path, error);
    }
    String reason = reason(error).toLowerCase(Locale.ROOT);
    if (reason.contains("no space left") || reason.contains("quota exceeded")) {
      return new InputException(
          path + ": the disk is full; free space or choose another place", error);
    }
    if (reason.contains("read-only file system")) {
      return new InputException(
          path + ": the file system is read-only; choose another place", error);
    }
    if (error instanceof AccessDeniedException || reason.contains("permission denied")) {
      return new InputException(
          path + ": permission denied; grant it or choose another place", error);
    }
    if (reason.contains("not a directory") || error instanceof NotDirectoryException) {
      return new InputException(path + ": leads through a file; give another directory", error);
    }
    if (error instanceof NoSuchFileException missing) {
      return new InputException(missing.getFile() + ": no such file", error);
    }
    return new UncheckedIOException(path + ": " + reason(error), error);
  }

  private static String reason(IOException error) {
    if (error instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    return String.valueOf(error.getMessage());
  }
}
