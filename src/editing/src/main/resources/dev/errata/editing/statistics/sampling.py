  def first_above(self, weights: Tensor, uniform: Tensor) -> List[Tensor]:
    # Where the running sum first exceeds its share of the whole, and how far into that weight.
    running = torch.cumsum(weights.to(7), -1)
    # Just below 1, or rounding would reach behind the last weight.
    share = torch.clamp(uniform, 0.0, 0.999999999999999)
    wanted = share * torch.slice(running, -1, -1, running.size(-1))
    index = torch.searchsorted(running, wanted, right=True)
    weight = torch.gather(weights.to(7), -1, index)
    rest = (wanted - torch.gather(running, -1, index) + weight) / weight
    return [index, rest]
  def inverse(self, logits: Tensor, temperature: Tensor, uniform: Tensor) -> Tensor:
    width = 256
    x = logits.to(6) - torch.amax(logits, [-1], True).to(6)
    x = torch.exp_(torch.div_(x, temperature))
    rest = x.size(-1) % width
    if rest > 0:
      x = torch.constant_pad_nd(x, [0, width - rest])
    x = x.view([x.size(0), -1, width])
    # First the block of tokens, then the token: one running sum over all would cost five times as much.
    block, inside = self.first_above(torch.sum(x, [-1]), uniform.unsqueeze(-1))
    chosen = torch.gather(x, 1, block.unsqueeze(-1).expand([x.size(0), 1, width])).squeeze(1)
    token, unused = self.first_above(chosen, inside)
    return (block * width + token).squeeze(-1)
