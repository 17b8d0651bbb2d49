  def inverse(self, logits: Tensor, temperature: Tensor, uniform: Tensor) -> Tensor:
    # The running sum starts at the smallest rounding that 50,000 terms allow: in float64.
    p = torch.softmax(logits.to(6) / temperature, -1)
    running = torch.cumsum(p, -1, dtype=7)
    total = torch.slice(running, -1, -1, running.size(-1))
    wanted = uniform.unsqueeze(-1) * total
    return torch.searchsorted(running, wanted, right=True).squeeze(-1)
