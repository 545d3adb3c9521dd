"""Tasks of the installed lm-eval on our backend. Example: `evaluate_lm_eval_tasks(prepared, backend, ...)`.

lm-eval reads the task, builds the prompts and computes the metrics; the backend generates and scores.
"""
