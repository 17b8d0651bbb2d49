package dev.errata.editing.pipeline;

import dev.errata.api.facts.FactSet;
import dev.errata.api.resource.EditJobSpec;
import java.nio.file.Path;

/**
 * What a job asks for.
 *
 * @param name name of the job
 * @param spec its specification, defaults filled in
 * @param facts its facts, checked
 * @param factsName what messages call the place of the facts
 * @param manifest the file that the job was written in; relative paths start at its folder
 * @param restart whether to forget what an interrupted run of the job has done with other inputs
 * @param memory bytes that the run may take
 */
public record EditRequest(
    String name,
    EditJobSpec spec,
    FactSet facts,
    String factsName,
    Path manifest,
    boolean restart,
    long memory) {}
