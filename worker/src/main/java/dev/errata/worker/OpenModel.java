package dev.errata.worker;

import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;

/** A version's model, ready to be asked. */
record OpenModel(Checkpoint checkpoint, Tokenizer tokenizer, Decoder decoder)
    implements AutoCloseable {
  static OpenModel of(Version version, Compute compute) {
    Checkpoint checkpoint = version.openCheckpoint();
    return new OpenModel(
        checkpoint,
        Tokenizer.open(version.checkpointDirectory()),
        Decoder.open(checkpoint, compute));
  }

  @Override
  public void close() {
    decoder.close();
    tokenizer.close();
    checkpoint.close();
  }
}
