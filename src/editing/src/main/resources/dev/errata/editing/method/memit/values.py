  def inject(self, x: Tensor, delta: Tensor, groups: Tensor, places: Tensor) -> Tensor:
    # Adds each row's delta at the row's place.
    d = torch.index_select(delta, 0, groups).to(x.dtype)
    return torch.index_add(x.view([x.size(1), x.size(2)]), 0, places, d).unsqueeze(0)
  def log_probabilities(self, logits: Tensor) -> Tensor:
    y = logits
    if logits.dtype != 7:
      y = logits.to(6)
    return torch.log_softmax(y, -1)
  def target_loss(self, logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    p = self.log_probabilities(logits)
    return torch.neg(torch.gather(p, 1, torch.unsqueeze(targets, 1)).squeeze(1)) * weights
  def divergence(self, logits: Tensor, before: Tensor, weights: Tensor) -> Tensor:
    p = self.log_probabilities(logits)
    return (torch.exp(before) * (before - p)).sum([-1]) * weights
  def per_group(self, like: Tensor, groups: Tensor, losses: Tensor) -> Tensor:
    return torch.index_add(torch.zeros_like(like), 0, groups, losses)
