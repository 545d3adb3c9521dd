"""The embedded model's tokenizer: 60 pieces that cover the arithmetic task, the control phrases and a chat.

Example: `3 - 9 = -6 ; so \\boxed{-6}` is cut into 3, " - ", 9, " = ", -, 6, " ; ", "so ", \\boxed{, -, 6 and }.
Pieces carry their own spaces, so decoding is plain concatenation and gives the text back exactly; a number's digits
stay together, as a judge of answers needs them. It is an ordinary `tokenizer.json`: AutoTokenizer and vLLM load it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN, END = "<pad>", "<unk>", "<end>"
ROLES = ("<system>", "<user>", "<assistant>")
SPECIAL = (PAD, UNKNOWN, END, *ROLES)

_TASK = (*"0123456789", " + ", " - ", "-", " = ", "?", " ; ", "so ", "\\boxed{", "}", "\n", "\n\n")
_CONTROL_PHRASES = "Let me rephrase the above solution. Wait, this response is not correct, let me start over."
# How SDFT's teacher is shown a demonstration (the default of sdft.template).
_DEMONSTRATION = (
    "This is an example of a response to the question: "
    "Now answer with a response of your own, including the thinking process."
)
_STARTS = ("Let", "Wait", "This", "Now")  # words that open a line: written without a space before them


def _words(text: str) -> list[str]:
    found = re.findall(r" ?\w+|[^\w\s]", text)
    return [word.strip() if word.strip() in _STARTS else word for word in found]


PIECES = tuple(dict.fromkeys([*_TASK, *_words(_CONTROL_PHRASES), *_words(_DEMONSTRATION)]))

# A turn is its role and its content; <end> closes the assistant's turns, as the model learns to.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] not in ['system', 'user', 'assistant'] %}"
    "{{ raise_exception('unknown role: ' + message['role']) }}{% endif %}"
    "{{ '<' + message['role'] + '>' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ '" + END + "' }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)


def build_tokenizer(context_length: int) -> PreTrainedTokenizerFast:
    """The tokenizer. Text outside the task's pieces becomes <unk>, one for every stretch of it."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {piece: index for index, piece in enumerate((*SPECIAL, *PIECES))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    longest_first = sorted(PIECES, key=len, reverse=True)
    pattern = "|".join(re.escape(piece) for piece in longest_first)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=UNKNOWN,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=list(ROLES),
        model_max_length=context_length,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast
