/** Below this zoom a card is its title and its state: the rest could not be read. */
export const FAR_BELOW = 0.5
