  def rows(self, x: Tensor, index: Tensor) -> Tensor:
    return torch.index_select(x, 0, index)
  def add_rows(self, x: Tensor, index: Tensor, added: Tensor) -> Tensor:
    return torch.index_add(x, 0, index, added)
  def contiguous(self, x: Tensor) -> Tensor:
    return torch.clone(x, memory_format=0)
  def cholesky(self, a: Tensor) -> Tensor:
    return torch.linalg_cholesky(a)
  def cholesky_solve(self, b: Tensor, factor: Tensor) -> Tensor:
    return torch.cholesky_solve(b, factor)
  def eigh(self, a: Tensor) -> List[Tensor]:
    values, vectors = torch.linalg_eigh(a)
    return [values, vectors]
