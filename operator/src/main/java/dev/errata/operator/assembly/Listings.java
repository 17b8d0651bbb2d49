package dev.errata.operator.assembly;

import dev.errata.api.InputException;
import dev.errata.api.Model;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.listing.ListingLine;
import dev.errata.api.listing.ListingPart;
import dev.errata.operator.decide.ListOrder;
import dev.errata.operator.decide.ListingBacklog;
import dev.errata.operator.decide.ListingDecider;
import dev.errata.operator.decide.ListingDecision;
import dev.errata.operator.decide.ListingView;
import dev.errata.operator.decide.Unlisted;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.manifest.Labels;
import dev.errata.operator.manifest.StageJobs;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Lets pods beside the stores tell what the files of versions say. Without versions to list it asks
 * nothing of the cluster. One thread at a time.
 */
public final class Listings {
  private final KubernetesClient client;
  private final Installation installation;
  private final Set<String> namespaces;
  private final VersionShelf shelf;
  private final Clock clock;
  private final Writer writer;
  private final PodLogs logs;
  private final ListingBacklog backlog = new ListingBacklog();

  /**
   * Prepares.
   *
   * @param namespaces those to look at; empty for all
   * @param shelf is told
   */
  public Listings(
      KubernetesClient client,
      Installation installation,
      Set<String> namespaces,
      VersionShelf shelf,
      Clock clock) {
    this.client = client;
    this.installation = installation;
    this.namespaces = namespaces;
    this.shelf = shelf;
    this.clock = clock;
    this.writer = new Writer(client, version -> {});
    this.logs = new PodLogs(client);
  }

  /**
   * Looks at what was told, and asks for more.
   *
   * @return whether pods compute, so that it pays to look again before long
   * @throws KubernetesClientException when the API server does not answer
   */
  public boolean look() {
    List<Unlisted> wanted = shelf.unlisted();
    if (wanted.isEmpty()) {
      backlog.clear();
      return false;
    }
    List<Job> jobs = listed(client.batch().v1().jobs());
    List<Pod> pods = jobs.isEmpty() ? List.of() : listed(client.pods());
    Map<String, Job> byUid = new HashMap<>();
    List<ListingView> views = new ArrayList<>();
    for (Job job : jobs) {
      byUid.put(job.getMetadata().getUid(), job);
      view(job, pods).ifPresent(views::add);
    }
    backlog.retain(wanted, views);
    ListingDecision decision = ListingDecider.decide(wanted, views, backlog, clock.instant());
    for (ListingView view : views) {
      List<Unlisted> waiting = of(view.order(), wanted);
      if (!decision.failed().contains(view) && !waiting.isEmpty()) {
        view.trouble().ifPresent(trouble -> shelf.lacks(waiting, trouble));
      }
    }
    decision.failed().forEach(view -> fail(view, wanted, view.trouble().orElseThrow()));
    decision.read().forEach(view -> read(view, byUid.get(view.uid()), pods, wanted));
    decision.start().forEach(order -> start(order, wanted));
    return decision.soon() || !decision.read().isEmpty();
  }

  /** Forgets what was tried: everything may be tried again at once. */
  public void forget() {
    backlog.clear();
  }

  private <T extends HasMetadata, L extends KubernetesResourceList<T>, R extends Resource<T>>
      List<T> listed(MixedOperation<T, L, R> kind) {
    if (namespaces.isEmpty()) {
      return kind.inAnyNamespace().withLabelSelector(selector()).list().getItems();
    }
    List<T> all = new ArrayList<>();
    for (String namespace : namespaces) {
      all.addAll(kind.inNamespace(namespace).withLabelSelector(selector()).list().getItems());
    }
    return all;
  }

  private static String selector() {
    return Labels.SELECTOR + "," + Labels.LISTS;
  }

  private static Optional<ListingView> view(Job job, List<Pod> pods) {
    Map<String, String> annotations = job.getMetadata().getAnnotations();
    String versions = annotations == null ? null : annotations.get(Labels.VERSIONS);
    String owner =
        job.getMetadata().getOwnerReferences().stream()
            .map(OwnerReference::getUid)
            .findFirst()
            .orElse(null);
    if (versions == null || owner == null || job.getMetadata().getDeletionTimestamp() != null) {
      return Optional.empty();
    }
    return Optional.of(
        new ListingView(
            job.getMetadata().getUid(),
            new ListOrder(
                job.getMetadata().getNamespace(),
                job.getMetadata().getLabels().get(Labels.LISTS),
                owner,
                List.of(versions.split(",", -1)),
                Objects.requireNonNullElse(job.getSpec().getCompletions(), 1)),
            Views.child(job, pods)));
  }

  private static List<Unlisted> of(ListOrder order, List<Unlisted> wanted) {
    return wanted.stream().filter(order::tells).toList();
  }

  private void fail(ListingView view, List<Unlisted> wanted, String reason) {
    backlog.settle(view);
    fail(of(view.order(), wanted), reason);
  }

  private void fail(List<Unlisted> versions, String reason) {
    versions.forEach(version -> backlog.failed(version, clock.instant()));
    shelf.lacks(versions, reason);
  }

  private void start(ListOrder order, List<Unlisted> wanted) {
    Model model =
        client.resources(Model.class).inNamespace(order.namespace()).withName(order.model()).get();
    backlog.begun(order);
    if (model == null || !model.getMetadata().getUid().equals(order.modelUid())) {
      return; // It is gone, and its versions go as well.
    }
    try {
      writer.create(StageJobs.of(model, order, installation), model);
    } catch (KubernetesClientException e) {
      // One of its name that is about to go makes room by itself.
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        fail(of(order, wanted), Refusal.of(e).message());
      }
    }
  }

  private void read(ListingView view, Job job, List<Pod> pods, List<Unlisted> wanted) {
    Map<String, Unlisted> waiting = new LinkedHashMap<>();
    of(view.order(), wanted).forEach(version -> waiting.put(version.version(), version));
    try {
      int parts = view.order().parts();
      ListingPart first = logs.part(job, pods, 0);
      if (first.head().parts() != parts && parts == 1) {
        enlarge(view, first.head().parts(), wanted);
        return;
      }
      PartLines lines =
          new PartLines(parts, part -> part == 0 ? first : logs.part(job, pods, part));
      while (lines.hasNext()) {
        tell(lines, waiting);
      }
      fail(List.copyOf(waiting.values()), "Job " + view.child().name() + " does not tell of it");
    } catch (InputException e) {
      fail(List.copyOf(waiting.values()), e.getMessage());
    }
    backlog.settle(view);
  }

  private void enlarge(ListingView view, int parts, List<Unlisted> wanted) {
    if (parts > ListOrder.MOST_PARTS) {
      fail(
          view,
          wanted,
          "what its files say is more than %d parts hold, which is %d"
              .formatted(ListOrder.MOST_PARTS, parts));
      return;
    }
    backlog.settle(view);
    backlog.enlarge(view, parts);
  }

  /** Passes on the next version, or over it. */
  private void tell(Iterator<ListingLine> lines, Map<String, Unlisted> waiting) {
    ListedVersion told = lines.next().version();
    if (told == null) {
      throw new InputException("a listing has lines of no version");
    }
    Unlisted wanted = waiting.get(told.version());
    if (told.problem() != null) {
      if (wanted != null) {
        waiting.remove(told.version());
        fail(List.of(wanted), told.problem());
      }
      return;
    }
    if (wanted != null && wanted.digest().equals(told.digest())) {
      shelf.listed(wanted, told, lines);
      waiting.remove(told.version());
      return;
    }
    if (wanted != null) {
      waiting.remove(told.version());
      fail(
          List.of(wanted),
          "the store's %s is another one: its digest is %s, that of the ModelVersion %s"
              .formatted(told.version(), told.digest(), wanted.digest()));
    }
    skip(lines);
  }

  private static void skip(Iterator<ListingLine> lines) {
    while (lines.hasNext()) {
      if (lines.next().end() != null) {
        return;
      }
    }
    throw new InputException("a listing ends before its versions do");
  }
}
