  def linear(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    y = torch.matmul(x, torch.t(w))
    if b.numel() > 0:
      y = y + b
    return y
  def widen(self, x: Tensor) -> Tensor:
    # Norms and rotations of half types run in float32, as in transformers; float64 stays.
    y = x
    if x.dtype == 5 or x.dtype == 15:
      y = x.to(6)
    return y
  def norm(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    if self.norm_rms:
      h = self.widen(x)
      h = h * torch.rsqrt(h.pow(2).mean([-1], True) + self.norm_epsilon)
      if self.norm_one_plus:
        y = (h * (1.0 + self.widen(w))).to(x.dtype)
      else:
        y = w * h.to(x.dtype)
    else:
      if b.numel() > 0:
        y = torch.layer_norm(x, [x.size(-1)], w, b, self.norm_epsilon)
      else:
        y = torch.layer_norm(x, [x.size(-1)], w, None, self.norm_epsilon)
    return y
  def norm_own(self, x: Tensor, w: Tensor) -> Tensor:
    # Every head has its own weight; x is [B, heads, T, head_dim].
    h = self.widen(x)
    if self.norm_rms:
      h = h * torch.rsqrt(h.pow(2).mean([-1], True) + self.norm_epsilon)
    else:
      h = torch.layer_norm(h, [x.size(-1)], None, None, self.norm_epsilon)
    return (h * self.widen(w).unsqueeze(1)).to(x.dtype)
  def rotate(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    n = cos.size(-1)
    r = x
    if n < x.size(-1):
      r = torch.slice(x, -1, 0, n)
    r = self.widen(r)
    if self.rotary_interleaved:
      a = torch.slice(r, -1, 0, n, 2)
      b = torch.slice(r, -1, 1, n, 2)
      turned = torch.flatten(torch.stack([torch.neg(b), a], -1), -2)
      y = (r * cos + turned * sin).to(x.dtype)
    else:
      # The halves change places, the second one with the other sign: way back without zeros to fill.
      signed = torch.cat([torch.neg(torch.slice(sin, -1, 0, n // 2)), torch.slice(sin, -1, n // 2, n)], -1)
      y = (r * cos + torch.roll(r, [n // 2], [-1]) * signed).to(x.dtype)
    if n < x.size(-1):
      y = torch.cat([y, torch.slice(x, -1, n, x.size(-1))], -1)
    return y
  def split_heads(self, x: Tensor) -> Tensor:
    return torch.transpose(x.view([x.size(0), x.size(1), -1, self.head_dim]), 1, 2)
  def repeat_heads(self, x: Tensor) -> Tensor:
    y = x
    if self.query_groups > 1:
      y = x.unsqueeze(2).expand([x.size(0), x.size(1), self.query_groups, x.size(2), x.size(3)])
      y = y.reshape([x.size(0), -1, x.size(2), x.size(3)])
    return y
  def unpack(self, x: Tensor, places: Tensor, mask: Tensor) -> Tensor:
    # Rows side by side become a padded batch, of whose shape the mask tells.
    y = x
    if places.numel() > 0:
      y = torch.zeros([mask.size(0) * mask.size(2), x.size(2)], dtype=x.dtype, device=x.device)
      y = torch.index_copy(y, 0, places, x.view([x.size(1), x.size(2)]))
      y = y.view([mask.size(0), mask.size(2), x.size(2)])
    return y
  def pack(self, x: Tensor, places: Tensor) -> Tensor:
    y = x
    if places.numel() > 0:
      y = torch.index_select(x.view([x.size(0) * x.size(1), x.size(2)]), 0, places).unsqueeze(0)
    return y
  def attention(self, x: Tensor, w: List[Tensor], cos: Tensor, sin: Tensor, mask: Tensor, places: Tensor, past: List[Tensor]) -> List[Tensor]:
    q = self.unpack(self.linear(x, w[0], w[1]), places, mask)
    k = self.unpack(self.linear(x, w[2], w[3]), places, mask)
    v = self.unpack(self.linear(x, w[4], w[5]), places, mask)
    if self.norm_projections:
      q = self.norm(q, w[8], w[10])
      k = self.norm(k, w[9], w[10])
    if self.attention_clip > 0.0:
      q = torch.clamp(q, torch.neg(self.attention_clip), self.attention_clip)
      k = torch.clamp(k, torch.neg(self.attention_clip), self.attention_clip)
      v = torch.clamp(v, torch.neg(self.attention_clip), self.attention_clip)
    q = self.split_heads(q)
    k = self.split_heads(k)
    v = self.split_heads(v)
    if self.norm_heads:
      q = self.norm(q, w[8], w[10])
      k = self.norm(k, w[9], w[10])
    if self.norm_own_heads:
      q = self.norm_own(q, w[8])
      k = self.norm_own(k, w[9])
    if cos.numel() > 0:
      q = self.rotate(q, cos, sin)
      k = self.rotate(k, cos, sin)
    return self.attend(q, k, v, w[6], w[7], w[11], mask, places, past)
  def latent_attention(self, x: Tensor, w: List[Tensor], cos: Tensor, sin: Tensor, mask: Tensor, places: Tensor, past: List[Tensor]) -> List[Tensor]:
    none = w[7]
    c = self.unpack(self.linear(x, w[3], none), places, mask)
    q = x
    if w[0].numel() > 0:
      q = self.latent_norm(self.linear(x, w[0], none), w[1])
    q = self.split_heads(self.unpack(self.linear(q, w[2], none), places, mask))
    up = self.linear(self.latent_norm(torch.slice(c, -1, 0, self.latent_rank), w[4]), w[5], none)
    up = torch.transpose(up.view([c.size(0), c.size(1), q.size(1), -1]), 1, 2)
    turning = torch.slice(c, -1, self.latent_rank, c.size(-1)).unsqueeze(1)
    turning = self.rotate(turning, cos, sin).expand([c.size(0), q.size(1), c.size(1), self.latent_turning])
    k = torch.cat([torch.slice(up, -1, 0, self.latent_still), turning], -1)
    v = torch.slice(up, -1, self.latent_still, up.size(-1))
    q = torch.cat([torch.slice(q, -1, 0, self.latent_still), self.rotate(torch.slice(q, -1, self.latent_still, q.size(-1)), cos, sin)], -1)
    return self.attend(q, k, v, w[6], none, none, mask, places, past)
  def latent_norm(self, x: Tensor, w: Tensor) -> Tensor:
    # The norms inside have an epsilon of their own, whatever the configuration says.
    h = self.widen(x)
    h = h * torch.rsqrt(h.pow(2).mean([-1], True) + 0.000001)
    return w * h.to(x.dtype)
  def attend(self, q: Tensor, k: Tensor, v: Tensor, w: Tensor, b: Tensor, sinks: Tensor, mask: Tensor, places: Tensor, past: List[Tensor]) -> List[Tensor]:
    batch = k.size(0)
    tokens = k.size(2)
    keys = k
    values = v
    if len(past) == 3:
      # A cache with room: the place of these tokens is at its end.
      keys = past[0]
      values = past[1]
      n = keys.size(2)
      torch.copy_(torch.slice(keys, 2, n - k.size(2), n), k)
      torch.copy_(torch.slice(values, 2, n - k.size(2), n), v)
    elif past[0].numel() > 0:
      keys = torch.cat([past[0], k], 2)
      values = torch.cat([past[1], v], 2)
    if tokens == 1:
      # One token a row: the queries of a group stand side by side before their one key head.
      q = q.reshape([batch, keys.size(1), -1, self.head_dim])
    else:
      keys = self.repeat_heads(keys)
      values = self.repeat_heads(values)
    if sinks.numel() > 0:
      scores = torch.matmul(q, torch.transpose(keys, 2, 3)) * self.attention_scale + mask
      sink = sinks.view([1, keys.size(1), -1, 1]).expand([batch, keys.size(1), q.size(2), 1])
      p = torch.softmax(self.widen(torch.cat([scores, sink], -1)), -1).to(q.dtype)
      o = torch.matmul(torch.slice(p, -1, 0, scores.size(-1)), values)
    elif self.attention_softcap > 0.0:
      scores = torch.matmul(q, torch.transpose(keys, 2, 3)) * self.attention_scale
      scores = torch.tanh(scores / self.attention_softcap) * self.attention_softcap
      p = torch.softmax(self.widen(scores + mask), -1).to(q.dtype)
      o = torch.matmul(p, values)
    else:
      o = torch.scaled_dot_product_attention(q, keys, values, mask, 0.0, False, scale=self.attention_scale)
    if tokens > 1:
      o = torch.transpose(o, 1, 2)
    o = o.reshape([batch, tokens, -1])
    return [self.linear(self.pack(o, places), w, b), k, v]
  def activate(self, x: Tensor) -> Tensor:
    if self.activation == 0:
      y = torch.gelu(x, approximate="tanh")
    elif self.activation == 1:
      y = torch.silu(x)
    elif self.activation == 2:
      y = torch.gelu(x, approximate="none")
    else:
      y = torch.relu(x)
    return y
  def feed_forward_key(self, x: Tensor, w: List[Tensor]) -> Tensor:
    if self.activation == 4:
      g = torch.clamp(self.linear(x, w[0], w[1]), None, self.activation_limit)
      u = torch.clamp(self.linear(x, w[2], w[3]), torch.neg(self.activation_limit), self.activation_limit)
      y = (u + 1.0) * (g * torch.sigmoid(g * 1.702))
    elif self.gated:
      y = self.activate(self.linear(x, w[0], w[1])) * self.linear(x, w[2], w[3])
    else:
      y = self.activate(self.linear(x, w[2], w[3]))
    return y
  def route(self, scores: Tensor) -> List[Tensor]:
    s = self.widen(scores)
    if self.router_top_first:
      best, experts = torch.topk(s, self.experts_per_token, -1)
      gates = torch.softmax(best, -1)
    else:
      p = torch.softmax(s, -1)
      if self.router_groups > 1:
        best = torch.amax(p.view([p.size(0), self.router_groups, -1]), [-1])
        _, groups = torch.topk(best, self.router_groups_per_token, -1)
        open = torch.scatter(torch.zeros_like(best), 1, groups, 1.0)
        open = open.unsqueeze(-1).expand([p.size(0), self.router_groups, p.size(1) // self.router_groups])
        p = p * open.reshape(p.size())
      gates, experts = torch.topk(p, self.experts_per_token, -1)
      if self.router_normalised:
        gates = gates / gates.sum([-1], True)
    if self.router_scale != 1.0:
      gates = gates * self.router_scale
    # By expert, and by position within an expert: the order of every sum is fixed.
    experts, order = torch.sort(experts, -1)
    gates = torch.gather(gates, 1, order).to(scores.dtype)
    flat = torch.flatten(experts)
    _, grouped = torch.sort(flat, stable=True, dim=0)
    positions = torch.floor_divide(grouped, self.experts_per_token)
    counts = torch.bincount(flat, minlength=self.experts)
    return [positions, torch.index_select(torch.flatten(gates), 0, grouped), torch.argsort(grouped), counts]
  def expert_keys(self, x: Tensor, counts: Tensor, w: List[Tensor]) -> List[Tensor]:
    keys = annotate(List[Tensor], [])
    start = 0
    for i in range(counts.size(0)):
      end = start + int(torch.select(counts, 0, i))
      part = torch.slice(x, 0, start, end)
      z = torch.append(keys, self.feed_forward_key(part, [w[4 * i], w[4 * i + 1], w[4 * i + 2], w[4 * i + 3]]))
      start = end
    return keys
  def expert_outputs(self, keys: List[Tensor], w: List[Tensor], gates: Tensor, inverse: Tensor) -> Tensor:
    parts = annotate(List[Tensor], [])
    for i in range(torch.len(keys)):
      z = torch.append(parts, self.linear(keys[i], w[2 * i], w[2 * i + 1]))
    y = torch.cat(parts, 0) * torch.unsqueeze(gates, 1)
    y = torch.index_select(y, 0, inverse)
    return y.view([-1, self.experts_per_token, y.size(1)]).sum([1])
  def opening(self, x: Tensor, w: Tensor) -> Tensor:
    return torch.sigmoid(torch.matmul(x, torch.t(w))).squeeze(-1)
  def embed(self, table: Tensor, ids: Tensor, positions_table: Tensor, positions: Tensor) -> Tensor:
    x = torch.embedding(table, ids)
    if self.embedding_scale != 1.0:
      # transformers rounds the scale to the type of the embeddings
      x = x * torch.tensor(self.embedding_scale, dtype=x.dtype, device=x.device)
    if positions_table.numel() > 0:
      x = x + torch.embedding(positions_table, positions)
    return x
  def unembed(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    y = self.linear(x, w, b)
    if self.logit_scale != 1.0:
      y = y * self.logit_scale
    if self.logit_softcap > 0.0:
      y = torch.tanh(y / self.logit_softcap) * self.logit_softcap
    return y
