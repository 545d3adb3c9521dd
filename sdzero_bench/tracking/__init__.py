"""Following a run live in TensorBoard, wandb or trackio: `sdzero-bench compare --track tensorboard,wandb`."""
