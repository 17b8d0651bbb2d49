package dev.errata.editing.memory;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** A way to the minimiser; {@link ClosedForm#solve} is the one that edits. */
@FunctionalInterface
public interface Solver {
  /**
   * Solves.
   *
   * @param memories at least one; all with n rows of keys
   * @param residuals R, the wanted change of the sum of the outputs, [n, d], any floating type
   * @return the updates, which belong to the open scope
   */
  Solution solve(List<LinearMemory> memories, NDArray residuals);
}
