package dev.errata.editing.statistics;

import blue.strategic.parquet.Hydrator;
import blue.strategic.parquet.HydratorSupplier;
import blue.strategic.parquet.ParquetReader;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.IoProblems;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A Parquet file whose column "text" holds documents. */
final class ParquetDocuments implements Documents {
  private static final String COLUMN = "text";

  private final Path file;
  private final ParquetReader<String, String> rows;
  private String current;

  ParquetDocuments(Path file) {
    this.file = file;
    requireColumn(file);
    try {
      rows =
          ParquetReader.spliterator(
              file.toFile(), HydratorSupplier.constantly(new Text()), List.of(COLUMN));
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  /** One cell; a null or a value of another type has no text. */
  private static final class Text implements Hydrator<String, String> {
    @Override
    public String start() {
      return "";
    }

    @Override
    public String add(String row, String column, Object value) {
      return value instanceof String text ? text : row;
    }

    @Override
    public String finish(String row) {
      return row;
    }
  }

  private static void requireColumn(Path file) {
    try {
      var schema = ParquetReader.readMetadata(file.toFile()).getFileMetaData().getSchema();
      if (!schema.containsField(COLUMN)) {
        throw new InputException(
            file
                + ": no column '"
                + COLUMN
                + "'; the columns are "
                + schema.getFields().stream().map(field -> field.getName()).toList());
      }
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    } catch (InputException e) {
      throw e;
    } catch (RuntimeException e) {
      throw broken(file, e);
    }
  }

  private static InputException broken(Path file, RuntimeException e) {
    return new InputException(file + ": not a Parquet file that can be read: " + e.getMessage(), e);
  }

  @Override
  public Piece next() {
    try {
      while (rows.tryAdvance(text -> current = text)) {
        if (!current.isBlank()) {
          return new Piece(current, true);
        }
      }
      return null;
    } catch (RuntimeException e) {
      throw broken(file, e);
    }
  }

  @Override
  public void close() throws IOException {
    rows.close();
  }
}
