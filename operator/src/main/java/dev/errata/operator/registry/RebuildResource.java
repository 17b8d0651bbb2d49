package dev.errata.operator.registry;

import dev.errata.operator.access.Permissions;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.ws.rs.ClientErrorException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Makes the registry again; what it says comes from cluster and storage all the same. */
@Path(RebuildResource.PATH)
@Tag(name = "registry")
public class RebuildResource {
  static final String PATH = "/api/v1/rebuild";

  private final RegistryRuntime runtime;
  private final Permissions permissions;
  private final SecurityIdentity caller;

  RebuildResource(RegistryRuntime runtime, Permissions permissions, SecurityIdentity caller) {
    this.runtime = runtime;
    this.permissions = permissions;
    this.caller = caller;
  }

  /** A rebuild. */
  @POST
  @Operation(
      summary = "Makes the registry again from cluster and storage",
      description =
          "For who may post to the nonResourceURL "
              + PATH
              + ". What the cluster says is there at once; what files say is listed by pods then, a"
              + " version at a time, and each version's \"listing\" tells.")
  @APIResponse(responseCode = "202", description = "It is made again")
  public Response rebuild() {
    permissions.requirePath(caller, "post", PATH);
    if (!runtime.rebuild()) {
      throw new ClientErrorException(
          "another operator writes the registry now; try again", Response.Status.CONFLICT);
    }
    return Response.accepted().build();
  }
}
