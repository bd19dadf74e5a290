NDArray = ArrayLike = DTypeLike = list
