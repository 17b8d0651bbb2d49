package dev.errata.lab.pretrain;

import ai.djl.ndarray.NDArray;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.Tap;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * The auxiliary loss that keeps experts busy alike (Fedus et al. 2021, arXiv 2101.03961, eq. 4): E
 * Σ_e f_e P_e, f_e being the share of tokens that the router sends to e and P_e its mean
 * probability over all tokens; the mean over the mixtures. It is k, the experts of a token, when
 * all are alike.
 *
 * <p>A tap: it hears the routers during a forward pass, and {@link #loss} takes what it heard.
 */
final class LoadBalance implements Tap {
  private final Kernels kernels;
  private final NDArray perToken;
  private final List<NDArray> scores = new ArrayList<>();

  /**
   * Prepares.
   *
   * @param kernels those of {@code training.py}
   * @param perToken k as a tensor
   */
  LoadBalance(Kernels kernels, NDArray perToken) {
    this.kernels = kernels;
    this.perToken = perToken;
  }

  @Override
  public NDArray at(int layer, Site site, NDArray value) {
    if (site == Site.ROUTER_SCORES) {
      // The block's scope closes before the loss is made.
      scores.add(Scope.escape(value));
    }
    return value;
  }

  /** The loss of all routers that were heard since the last call; null when there was none. */
  NDArray loss() {
    if (scores.isEmpty()) {
      return null;
    }
    scores.forEach(Scope::adopt);
    NDArray loss = kernels.one("load_balance", List.copyOf(scores), perToken);
    scores.clear();
    return loss;
  }
}
