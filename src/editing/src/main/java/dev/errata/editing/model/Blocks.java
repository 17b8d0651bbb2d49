package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;

/** The blocks of a decoder: what is normed, added and scaled between attention and feed-forward. */
final class Blocks {
  private final Architecture architecture;
  private final Weights weights;
  private final Kernels kernels;
  private final Attentions attentions;
  private final FeedForwards feedForwards;

  Blocks(Architecture architecture, Weights weights, Kernels kernels, Attentions attentions) {
    this.architecture = architecture;
    this.weights = weights;
    this.kernels = kernels;
    this.attentions = attentions;
    this.feedForwards = new FeedForwards(architecture, weights, kernels);
  }

  /** A block before its feed-forward layer. */
  private record Attended(NDArray middle, NDArray read) {}

  /** See {@link Decoder#block}. */
  NDArray run(
      int layer, NDArray input, Frame frame, KeyValueCache past, KeyValueCache record, Tap tap) {
    try (Scope scope = new Scope()) {
      Attended attended = attend(layer, input, frame, past, record, tap);
      NDArray fed = feedForwards.apply(layer, attended.read(), tap);
      return scope.keep(output(layer, attended.middle(), fed, tap));
    }
  }

  /** See {@link Decoder#blockAt}. */
  NDArray runAt(int layer, NDArray input, Frame frame, KeyValueCache past, NDArray places) {
    try (Scope scope = new Scope()) {
      Attended attended = attend(layer, input, frame, past, null, Tap.NONE);
      NDArray read = picked(attended.read(), places);
      NDArray fed = feedForwards.apply(layer, read, Tap.NONE);
      NDArray middle = picked(attended.middle(), places);
      return scope.keep(output(layer, middle, fed, Tap.NONE));
    }
  }

  private static NDArray picked(NDArray states, NDArray places) {
    Shape shape = states.getShape();
    NDArray flat = states.reshape(shape.get(0) * shape.get(1), shape.get(2));
    return Tensors.rows(flat, places).expandDims(0);
  }

  /** See {@link Decoder#begin}. */
  HalfBlock begin(int layer, NDArray input, Frame frame) {
    try (Scope scope = new Scope()) {
      Attended attended = attend(layer, input, frame, null, null, Tap.NONE);
      NDArray key = feedForwards.key(layer, attended.read());
      return new HalfBlock(scope.keep(attended.middle()), scope.keep(key));
    }
  }

  /** See {@link Decoder#finish}. */
  NDArray finish(int layer, HalfBlock half) {
    try (Scope scope = new Scope()) {
      NDArray fed = feedForwards.output(layer, half.key());
      return scope.keep(output(layer, half.middle(), fed, Tap.NONE));
    }
  }

  private Attended attend(
      int layer, NDArray input, Frame frame, KeyValueCache past, KeyValueCache record, Tap tap) {
    NDArray normed = pre(input, Part.ATTENTION_NORM, Part.ATTENTION_NORM_BIAS, layer);
    NDArray attention = attentions.apply(layer, normed, frame, past, record);
    NDArray attended = scaled(post(attention, Part.ATTENTION_POST_NORM, layer));
    attended = tap.at(layer, Site.ATTENTION_OUTPUT, attended);
    NDArray middle = input.add(attended);
    NDArray read =
        switch (architecture.norm().placement()) {
          case PARALLEL_SHARED -> normed;
          case PARALLEL -> feedForwardNorm(input, layer);
          case PRE, PRE_AND_POST, POST -> feedForwardNorm(middle, layer);
        };
    return new Attended(middle, read);
  }

  private NDArray output(int layer, NDArray middle, NDArray fed, Tap tap) {
    NDArray added = scaled(post(fed, Part.FEED_FORWARD_POST_NORM, layer));
    added = tap.at(layer, Site.FEED_FORWARD_OUTPUT, added);
    return tap.at(layer, Site.BLOCK_OUTPUT, middle.add(added));
  }

  private NDArray feedForwardNorm(NDArray input, int layer) {
    return pre(input, Part.FEED_FORWARD_NORM, Part.FEED_FORWARD_NORM_BIAS, layer);
  }

  private NDArray scaled(NDArray addition) {
    double scale = architecture.residualScale();
    return scale == 1 ? addition : addition.mul(scale);
  }

  private NDArray pre(NDArray input, Part norm, Part bias, int layer) {
    if (architecture.norm().placement() == Architecture.Placement.POST) {
      return input;
    }
    return kernels.one("norm", input, weights.get(norm, layer), weights.get(bias, layer));
  }

  private NDArray post(NDArray output, Part norm, int layer) {
    return switch (architecture.norm().placement()) {
      case PRE, PARALLEL, PARALLEL_SHARED -> output;
      case PRE_AND_POST, POST ->
          kernels.one("norm", output, weights.get(norm, layer), weights.absent());
    };
  }
}
