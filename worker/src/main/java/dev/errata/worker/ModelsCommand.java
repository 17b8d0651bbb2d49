package dev.errata.worker;

import dev.errata.editing.checkpoint.store.Model;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code errata models}. */
@Command(name = "models", description = "Lists the models of the store.")
final class ModelsCommand extends Reporting {
  /** A model. */
  record Row(String name, String current, int versions, String source, String createdAt) {}

  /** All models. */
  record Document(String store, List<Row> models) {}

  @Override
  public Integer call() {
    VersionStore store = store();
    List<Row> rows = store.models().stream().map(model -> row(store, model)).toList();
    report(
        new Document(store.location(), rows),
        out -> {
          if (rows.isEmpty()) {
            out.println(store.location() + " is empty; import a model: errata import NAME SOURCE");
            return;
          }
          TextTable table = new TextTable("MODEL", "CURRENT", "VERSIONS", "SOURCE");
          rows.forEach(
              r -> table.row(r.name(), r.current(), String.valueOf(r.versions()), r.source()));
          table.print(out);
        });
    return ExitCode.DONE;
  }

  private static Row row(VersionStore store, Model model) {
    int versions = store.versions(model.name()).size();
    return new Row(
        model.name(), "v" + model.current(), versions, model.source(), model.createdAt());
  }
}
