package dev.errata.editing.locate;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.Tap;

/**
 * Puts other values in the place of what a forward pass computes at a site of some layers, at the
 * positions of a mask.
 *
 * @param site the place
 * @param from first layer
 * @param to layer behind the last
 * @param source the values, [1 or B, T, d] each
 * @param mask 1 where they are put and 0 elsewhere, [1 or B, T, 1]
 */
record Overwrite(Site site, int from, int to, Recording source, NDArray mask) implements Tap {
  @Override
  public NDArray at(int layer, Site where, NDArray value) {
    return where == site && from <= layer && layer < to
        ? blend(value, source.get(site, layer), mask)
        : value;
  }

  static NDArray blend(NDArray value, NDArray other, NDArray mask) {
    return value.mul(mask.neg().add(1)).add(other.mul(mask));
  }
}
