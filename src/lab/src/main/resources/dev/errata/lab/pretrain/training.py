  def next_token_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
    return torch.cross_entropy_loss(logits, targets, None, 1, -100, 0.0)
  def objects_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
    return torch.neg(torch.gather(torch.log_softmax(logits, -1), 1, targets).mean())
  def load_balance(self, scores: List[Tensor], k: Tensor) -> Tensor:
    # By layer: over all layers together, one layer's idle experts could hide behind another's.
    losses = annotate(List[Tensor], [])
    for i in range(torch.len(scores)):
      p = torch.softmax(scores[i].reshape([-1, scores[i].size(-1)]), -1)
      _, picked = torch.topk(torch.detach(p), int(k), -1)
      counts = torch.bincount(torch.flatten(picked), minlength=p.size(1))
      share = counts.to(p.dtype) / p.size(0)
      z = torch.append(losses, (share * p.mean([0])).sum() * p.size(1))
    return torch.stack(losses).mean()
  def weighted_sum(self, loss: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    return loss + other * float(factor)
  def adamw(self, weights: List[Tensor], gradients: List[Tensor], first: List[Tensor], second: List[Tensor], settings: Tensor, corrections: Tensor) -> Tensor:
    rate = float(torch.select(settings, 0, 0))
    beta1 = float(torch.select(settings, 0, 1))
    beta2 = float(torch.select(settings, 0, 2))
    epsilon = float(torch.select(settings, 0, 3))
    decay = float(torch.select(settings, 0, 4))
    most = float(torch.select(settings, 0, 5))
    squares = torch.zeros_like(settings)
    total = torch.select(squares, 0, 0)
    for i in range(torch.len(weights)):
      total = total + gradients[i].to(7).pow(2).sum()
    norm = torch.sqrt(total)
    shrink = min(most / (float(norm) + 0.000001), 1.0)
    for j in range(torch.len(weights)):
      w = torch.detach(weights[j])
      g = gradients[j]
      bias1 = float(torch.select(corrections, 0, 2 * j))
      root2 = float(torch.select(corrections, 0, 2 * j + 1))
      m = first[j]
      v = second[j]
      h = torch.mul_(g, shrink)
      m1 = torch.add_(torch.mul_(m, beta1), g, alpha=1.0 - beta1)
      v1 = torch.addcmul_(torch.mul_(v, beta2), g, g, value=1.0 - beta2)
      if torch.dim(w) > 1:
        w1 = torch.mul_(w, 1.0 - rate * decay)
      denominator = torch.add_(torch.div(torch.sqrt(v), root2), epsilon)
      w2 = torch.addcdiv_(w, m, denominator, value=torch.neg(rate / bias1))
      z = torch.zero_(g)
    return norm
