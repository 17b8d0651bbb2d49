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
  def cholesky_checked(self, a: Tensor) -> List[Tensor]:
    factor, info = torch.linalg_cholesky_ex(a)
    return [factor, info]
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
  def fill(self, x: Tensor, y: Tensor) -> Tensor:
    return torch.copy_(x, y)
  def fill_bytes_of_half(self, x: Tensor, y: Tensor) -> Tensor:
    return torch.copy_(x, torch.view_copy(y, dtype=5))
  def fill_bytes_of_bfloat16(self, x: Tensor, y: Tensor) -> Tensor:
    return torch.copy_(x, torch.view_copy(y, dtype=15))
  def fill_bytes_of_float(self, x: Tensor, y: Tensor) -> Tensor:
    return torch.copy_(x, torch.view_copy(y, dtype=6))
  def fill_bytes_of_double(self, x: Tensor, y: Tensor) -> Tensor:
    return torch.copy_(x, torch.view_copy(y, dtype=7))
  def ridged(self, a: Tensor, ridge: Tensor) -> Tensor:
    b = torch.clone(a)
    c = torch.diagonal(b)
    c = torch.add_(c, ridge)
    return b
  def positive_pivots(self, a: Tensor, shift: Tensor) -> Tensor:
    # Sylvester: as many eigenvalues of A exceed s as L D Lt = A - s I has positive ones in D.
    b = torch.clone(a)
    c = torch.diagonal(b)
    c = torch.sub_(c, shift)
    factors, pivots, info = torch.linalg_ldl_factor_ex(b)
    # Bunch and Kaufman: a block of two rows, which LAPACK marks below 0, has one of each sign.
    single = torch.sum(torch.logical_and(pivots > 0, torch.diagonal(factors) > 0))
    return single + torch.floor_divide(torch.sum(pivots < 0), 2)
  def largest_eigenvalue(self, a: Tensor) -> Tensor:
    # Lanczos with every vector made orthogonal to all before it, twice.
    n = a.size(0)
    m = min(self.lanczos, n)
    v = torch.select(a, 1, int(torch.argmax(torch.diagonal(a))))
    basis = torch.zeros([m, n], dtype=a.dtype, device=a.device)
    images = torch.zeros([m, n], dtype=a.dtype, device=a.device)
    size = torch.norm(v)
    start = float(size)
    k = 0
    going = float(size) > 0.0
    while going:
      v = v / size
      z = torch.copy_(torch.select(basis, 0, k), v)
      w = torch.mv(a, v)
      z = torch.copy_(torch.select(images, 0, k), w)
      k = k + 1
      q = torch.slice(basis, 0, 0, k)
      w = w - torch.mv(torch.t(q), torch.mv(q, w))
      w = w - torch.mv(torch.t(q), torch.mv(q, w))
      v = w
      size = torch.norm(v)
      going = k < m and float(size) > 0.00000000000001 * start
    if k == 0:
      top = torch.zeros([1], dtype=a.dtype, device=a.device)
    else:
      small = torch.matmul(torch.slice(basis, 0, 0, k), torch.t(torch.slice(images, 0, 0, k)))
      top = torch.slice(torch.linalg_eigvalsh((small + torch.t(small)) * 0.5), 0, k - 1, k)
    return top
