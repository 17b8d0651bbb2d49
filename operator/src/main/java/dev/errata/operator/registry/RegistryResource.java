package dev.errata.operator.registry;

import dev.errata.operator.access.Permissions;
import dev.errata.operator.registry.Answers.DiffAnswer;
import dev.errata.operator.registry.Answers.FactPage;
import dev.errata.operator.registry.Answers.FigureOfVersion;
import dev.errata.operator.registry.Answers.JobAnswer;
import dev.errata.operator.registry.Answers.ModelAnswer;
import dev.errata.operator.registry.Answers.ProgressAnswer;
import dev.errata.operator.registry.Answers.VersionAnswer;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestStreamElementType;

/** The registry over HTTP: read only. Changes go through the resources of the cluster. */
@Path("/api/v1/namespaces/{namespace}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "registry", description = "Models, versions, facts and jobs; read only.")
public class RegistryResource {
  private static final Pattern VERSION = Pattern.compile("^v(0|[1-9][0-9]{0,8})$");
  private static final Pattern NAME = Pattern.compile("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$");
  private static final int MOST = 200;

  private final RegistryReader reader;
  private final FactSearch search;
  private final JobStream stream;
  private final Permissions permissions;
  private final SecurityIdentity caller;

  RegistryResource(
      RegistryReader reader,
      FactSearch search,
      JobStream stream,
      Permissions permissions,
      SecurityIdentity caller) {
    this.reader = reader;
    this.search = search;
    this.stream = stream;
    this.permissions = permissions;
    this.caller = caller;
  }

  /** Models. */
  @GET
  @Path("models")
  @Operation(summary = "The models of a namespace")
  public List<ModelAnswer> models(@PathParam("namespace") String namespace) {
    allow("models", namespace);
    return reader.models(namespace);
  }

  /** A model. */
  @GET
  @Path("models/{model}")
  @Operation(summary = "A model")
  public ModelAnswer model(
      @PathParam("namespace") String namespace, @PathParam("model") String model) {
    allow("models", namespace);
    return reader
        .model(namespace, name("model", model))
        .orElseThrow(() -> absent("model " + model));
  }

  /** Versions. */
  @GET
  @Path("models/{model}/versions")
  @Operation(summary = "The versions of a model with their figures, oldest first")
  public List<VersionAnswer> versions(
      @PathParam("namespace") String namespace, @PathParam("model") String model) {
    allow("modelversions", namespace);
    return reader
        .versions(namespace, name("model", model))
        .orElseThrow(() -> absent("model " + model));
  }

  /** Figures. */
  @GET
  @Path("models/{model}/metrics")
  @Operation(summary = "Each figure of a model over its versions, oldest first")
  public Map<String, List<FigureOfVersion>> metrics(
      @PathParam("namespace") String namespace, @PathParam("model") String model) {
    allow("modelversions", namespace);
    return reader
        .figures(namespace, name("model", model))
        .orElseThrow(() -> absent("model " + model));
  }

  /** A version. */
  @GET
  @Path("models/{model}/versions/{version}")
  @Operation(summary = "A version with its figures and stages")
  public VersionAnswer version(
      @PathParam("namespace") String namespace,
      @PathParam("model") String model,
      @PathParam("version") String version) {
    allow("modelversions", namespace);
    return reader
        .version(namespace, name("model", model), number("version", version))
        .orElseThrow(() -> absent("version " + model + "@" + version));
  }

  /** A lineage. */
  @GET
  @Path("models/{model}/versions/{version}/lineage")
  @Operation(summary = "A version and those that it was made from, newest first")
  public List<VersionAnswer> lineage(
      @PathParam("namespace") String namespace,
      @PathParam("model") String model,
      @PathParam("version") String version) {
    allow("modelversions", namespace);
    List<VersionAnswer> line =
        reader.lineage(namespace, name("model", model), number("version", version));
    if (line.isEmpty()) {
      throw absent("version " + model + "@" + version);
    }
    return line;
  }

  /** A difference. */
  @GET
  @Path("models/{model}/diff")
  @Operation(summary = "Facts, tensors and figures between two versions of one lineage")
  public DiffAnswer diff(
      @PathParam("namespace") String namespace,
      @PathParam("model") String model,
      @Parameter(description = "The older one, such as v1") @QueryParam("from") String from,
      @Parameter(description = "The newer one, such as v3") @QueryParam("to") String to,
      @QueryParam("limit") @DefaultValue("100") int limit) {
    allow("modelversions", namespace);
    return reader
        .diff(namespace, name("model", model), number("from", from), number("to", to), limit(limit))
        .orElseThrow(() -> absent(model + "@" + to + " made from " + model + "@" + from));
  }

  /** Facts. */
  @GET
  @Path("facts")
  @Operation(
      summary = "Which job and version changed a fact, and what it was before",
      description = "Give how the subject or the target begins; case and space do not matter.")
  public FactPage facts(
      @PathParam("namespace") String namespace,
      @QueryParam("subject") String subject,
      @QueryParam("target") String target,
      @QueryParam("model") String model,
      @QueryParam("editJob") String editJob,
      @Parameter(description = "The next of the page before") @QueryParam("after") String after,
      @QueryParam("limit") @DefaultValue("50") int limit) {
    allow("modelversions", namespace);
    String wantedSubject = words("subject", subject);
    String wantedTarget = words("target", target);
    if (wantedSubject == null && wantedTarget == null) {
      throw new BadQuestionException("subject: say how the subject or the target begins");
    }
    return search.find(
        new FactSearch.Wanted(
            namespace,
            wantedSubject,
            wantedTarget,
            name("model", model),
            name("editJob", editJob),
            after,
            limit(limit)));
  }

  /** Jobs. */
  @GET
  @Path("editjobs")
  @Operation(summary = "The jobs of a namespace, newest first")
  public List<JobAnswer> jobs(
      @PathParam("namespace") String namespace,
      @QueryParam("model") String model,
      @QueryParam("limit") @DefaultValue("50") int limit) {
    allow("editjobs", namespace);
    return reader.jobs(namespace, name("model", model), limit(limit));
  }

  /** How a job goes. */
  @GET
  @Path("editjobs/{editJob}/progress")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  @Blocking
  @Operation(summary = "How a job goes, as server-sent events until it has ended")
  public Multi<ProgressAnswer> progress(
      @PathParam("namespace") String namespace, @PathParam("editJob") String editJob) {
    allow("editjobs", namespace);
    return stream.of(namespace, name("editJob", editJob));
  }

  private void allow(String resource, String namespace) {
    permissions.require(caller, "list", resource, name("namespace", namespace));
  }

  private static String words(String parameter, String text) {
    if (text != null && SearchKey.of(text).isEmpty()) {
      throw new BadQuestionException(parameter + ": write some letters");
    }
    return text;
  }

  private static String name(String parameter, String text) {
    if (text != null && !NAME.matcher(text).matches()) {
      throw new BadQuestionException(
          parameter + ": a name has small letters, digits, - and ., not \"" + text + "\"");
    }
    return text;
  }

  private static int number(String parameter, String version) {
    if (version == null || !VERSION.matcher(version).matches()) {
      throw new BadQuestionException(
          parameter + ": a version is written v0, v1, …, not \"" + version + "\"");
    }
    return RegistryWriter.number(version);
  }

  private static int limit(int limit) {
    if (limit < 1 || limit > MOST) {
      throw new BadQuestionException("limit: 1 to " + MOST + ", not " + limit);
    }
    return limit;
  }

  private static NotFoundException absent(String what) {
    return new NotFoundException("there is no " + what);
  }
}
