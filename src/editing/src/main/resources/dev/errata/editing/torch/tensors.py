  def rows(self, x: Tensor, index: Tensor) -> Tensor:
    return torch.index_select(x, 0, index)
  def add_rows(self, x: Tensor, index: Tensor, added: Tensor) -> Tensor:
    return torch.index_add(x, 0, index, added)
  def add_block(self, a: Tensor, index: Tensor, block: Tensor) -> Tensor:
    places = torch.unsqueeze(index, 1) * a.size(1) + torch.unsqueeze(index, 0)
    return torch.index_add_(a.view([-1]), 0, torch.flatten(places), torch.flatten(block))
  def contiguous(self, x: Tensor) -> Tensor:
    return torch.clone(x, memory_format=0)
  def cholesky(self, a: Tensor) -> Tensor:
    return torch.linalg_cholesky(a)
  def cholesky_solve(self, b: Tensor, factor: Tensor) -> Tensor:
    return torch.cholesky_solve(b, factor)
  def triangular_solve(self, b: Tensor, factor: Tensor) -> Tensor:
    return torch.linalg_solve_triangular(factor, b, upper=False)
  def eigh(self, a: Tensor) -> List[Tensor]:
    values, vectors = torch.linalg_eigh(a)
    return [values, vectors]
  def bytes_to_half(self, x: Tensor) -> Tensor:
    return torch.view_copy(x, dtype=5)
  def bytes_to_bfloat16(self, x: Tensor) -> Tensor:
    return torch.view_copy(x, dtype=15)
  def to_bytes(self, x: Tensor) -> Tensor:
    return torch.view_copy(torch.flatten(torch.clone(x, memory_format=0)), dtype=0)
  def to_half(self, x: Tensor) -> Tensor:
    return x.to(5, copy=True)
  def to_bfloat16(self, x: Tensor) -> Tensor:
    return x.to(15, copy=True)
  def to_float(self, x: Tensor) -> Tensor:
    return x.to(6, copy=True)
  def to_double(self, x: Tensor) -> Tensor:
    return x.to(7, copy=True)
  def eigenvalues(self, a: Tensor) -> Tensor:
    return torch.linalg_eigvalsh(a)
