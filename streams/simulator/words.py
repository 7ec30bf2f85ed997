"""What the people of a simulated crowd say in the chat."""

from random import Random

ANYTIME = (
    "Hello everyone!",
    "Good evening from Chengdu",
    "First time here, hi!",
    "I came straight from work for this",
    "The lamps look so cosy tonight",
    "Can you turn the camera a little?",
    "Sound is perfect now, thank you",
    "When does it ship?",
    "Mine from last week came in two days",
    "My mother watches with me, she says hi",
    "Is there a show tomorrow too?",
    "Is the deal one per person?",
    "So fast, I missed it!",
    "Got one!",
    "Ordered and paid",
    "Please restock, please",
    "You make me hungry",
    "Haha, that was quick",
    "Does it come as a gift box?",
    "Do you deliver to the islands?",
    "Saving up for the next one",
    "The price is really good",
    "Who else is still thinking about it?",
    "I bought two, one for my sister",
)
ABOUT = (
    "How big is the {product}?",
    "I have had the {product} for a year, no regrets",
    "Could you show the {product} from the side?",
    "Is the {product} good as a present?",
    "What is the difference to last year's {product}?",
    "Waiting for the deal on the {product}",
    "{product}, finally!",
    "Can I send the {product} back if I don't like it?",
    "Will the {product} be there on Friday if I order now?",
    "More about the {product}, please",
)
#: How often somebody talks about what is being explained.
ABOUT_SHARE = 0.45


def chat_line(dice: Random, product: str) -> str:
    """Return something to say; ``product`` is the title of what is being explained, or empty."""
    if product and dice.random() < ABOUT_SHARE:
        line = dice.choice(ABOUT)
        return line.format(product=product if line.startswith("{") else product.lower())
    return dice.choice(ANYTIME)
