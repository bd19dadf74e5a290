"""Groups of devices: of one."""


def _nothing(*args, **kwargs):
    return None


initialize_model_parallel = destroy_model_parallel = get_model_parallel_group = get_data_parallel_group = get_pipeline_parallel_group = (
    _nothing
)


def model_parallel_is_initialized():
    return True


def get_model_parallel_world_size():
    return 1


def get_model_parallel_rank():
    return 0


get_data_parallel_world_size, get_data_parallel_rank = get_model_parallel_world_size, get_model_parallel_rank
get_model_parallel_src_rank = get_model_parallel_rank
